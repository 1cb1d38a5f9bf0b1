"""One export's bytes to what is to become of them: a pure function, for this process or another."""

from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode
from dnsanom.quality.checkpoint import Context
from dnsanom.quality.validate import validate
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings
from dnsanom.store.truth import is_truth

_REASONS = pa.schema([("reason", pa.string())])


@dataclass(frozen=True)
class Outcome:
    """What an export holds. `quarantine`: all of it is to be kept aside, for `reason`.

    `flows`: the good ones (FLOW_SCHEMA); `bad`: rows that could not be read or failed validation, with their
    `reason`; `rows`: how many there were, and `dropped` how many of them are no DNS.
    """

    kind: Literal["flows", "truth", "quarantine"]
    flows: pa.Table = field(default_factory=FLOW_SCHEMA.empty_table)
    bad: pa.Table = field(default_factory=_REASONS.empty_table)
    reason: str = ""
    rows: int = 0
    dropped: int = 0


def take(data: bytes, key: str, settings: Settings, context: Context | None = None) -> Outcome:
    """Decode and validate an export. Raises QualityError if the expectations can't be run."""
    if is_truth(data):
        return Outcome("truth")
    try:
        decoded = decode(data, key, settings.params.dns)
    except DecodeError as error:
        return Outcome("quarantine", reason=str(error).removeprefix(f"{key}: "))
    except Exception as error:  # noqa: BLE001 - a reader's own fault costs one export, whose bytes are kept
        return Outcome("quarantine", reason=f"the reader failed: {type(error).__name__}: {_line(error)}")
    return _judge(decoded, key, settings, context)


def _judge(decoded: Decoded, key: str, settings: Settings, context: Context | None) -> Outcome:
    report, limit = decoded.report, settings.params.quality.max_bad_share
    if report.rejected > limit * report.rows:
        reason = decoded.rejected["reason"][0].as_py()
        what = f"{report.rejected:,} of {report.rows:,} rows can't be read, the first since {reason}"
        return Outcome("quarantine", reason=f"{what}; quality.max_bad_share is {limit:g}", rows=report.rows)
    flows = report.kept + report.dropped
    verdict = validate(decoded.flows, key, settings, context, rows=flows)
    if not verdict.ok:
        return Outcome("quarantine", reason=str(verdict.reason), rows=report.rows)
    bad = pa.concat_tables([decoded.rejected, verdict.bad], promote_options="default")
    return Outcome("flows", verdict.good, bad, rows=report.rows, dropped=report.dropped)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
