"""Exports' bytes to what is to become of them: decoded, validated, written beside the lake.

This is what a worker does with a batch, in its own process or in the pull's. It writes nothing but staged
files and the quarantine, and what it writes there again for the same export takes the place of the former.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom import sampling
from dnsanom.errors import DecodeError, UnfinishedError, one_line
from dnsanom.netflow import Decoded, decode
from dnsanom.params import SamplingRule
from dnsanom.quality import quarantine
from dnsanom.quality.checkpoint import Context
from dnsanom.quality.exports import Export
from dnsanom.quality.validate import Verdict, validate_many
from dnsanom.settings import Settings
from dnsanom.store import truth
from dnsanom.store.export import ObjectInfo
from dnsanom.store.stage import Staged, stage

Kind = Literal["flows", "truth", "quarantine", "unfinished", "gone"]


@dataclass(frozen=True)
class Outcome:
    """What an export holds, and what is to be done with it.

    `flows` and `truth` are staged, for the lake or beside it. `quarantine`: all of it is kept aside, for
    `reason`. `unfinished`: its collector may still write it. `gone`: it left the store. Of its `rows`, `kept`
    are staged, `dropped` are no DNS, `bad` are in quarantine (`reason` sums up why); `missing` are columns
    that its `format` lacks; `seen` is its flows' first and last `first_seen` in ms;
    `unknown_rates` counts those without a sampling rate by exporter.
    """

    info: ObjectInfo
    kind: Kind
    sha256: str = ""
    reason: str = ""
    staged: Staged | None = None
    rows: int = 0
    kept: int = 0
    dropped: int = 0
    bad: int = 0
    missing: tuple[str, ...] = ()
    format: str | None = None
    seen: tuple[int, int] | None = None
    unknown_rates: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether what it holds has a place in the lake or beside it."""
        return self.kind in ("flows", "truth")


@dataclass(frozen=True)
class Read:
    """An export that is decoded and not yet validated, with its bytes: they are kept if it fails."""

    outcome: Outcome
    data: bytes
    decoded: Decoded


def read(info: ObjectInfo, data: bytes, settings: Settings, staging: Path) -> Read | Outcome:
    """Decode an export; an outcome at once if it holds no flows."""
    outcome = Outcome(info, "flows", hashlib.sha256(data).hexdigest())
    try:
        if truth.is_truth(data):
            return replace(outcome, kind="truth", rows=truth.keep(staging, info.key, data))
        if not data:
            raise UnfinishedError("is empty")
        return _ruled(outcome, data, decode(data, info.key, settings.params.dns), settings.params.sampling)
    except UnfinishedError as error:
        if datetime.now(UTC) - info.modified < settings.params.pull.settle_time:
            return replace(outcome, kind="unfinished", reason=_line(error, info.key))
        return _kept_aside(outcome, data, _line(error, info.key), settings)
    except DecodeError as error:
        return _kept_aside(outcome, data, _line(error, info.key), settings)
    except Exception as error:  # noqa: BLE001 - a reader's own fault costs one export, whose bytes are kept
        fault = f"the reader failed: {type(error).__name__}: {_line(error, info.key)}"
        return _kept_aside(outcome, data, fault, settings)


def _ruled(outcome: Outcome, data: bytes, decoded: Decoded, rules: Sequence[SamplingRule]) -> Read:
    """What is decoded, under the sampling rules: flows refused by them are rejected rows, others counted."""
    flows, bad = decoded.flows, sampling.refused(decoded.flows, rules)
    refused = flows.filter(bad)
    if len(refused):
        exporters = refused["exporter"].to_pylist()
        of = {exporter: sampling.refusal(exporter, rules) for exporter in set(exporters)}
        reasons = [of[exporter] for exporter in exporters]
        refused = refused.append_column("reason", pa.array(reasons, pa.string()))
        flows = flows.filter(pc.invert(bad))
        rejected = pa.concat_tables([decoded.rejected, refused], promote_options="default")
        report = replace(decoded.report, kept=len(flows), rejected=len(rejected))
        decoded = Decoded(flows, rejected, report)
    return Read(replace(outcome, unknown_rates=sampling.unknown_rates(flows, rules)), data, decoded)


def judge(reads: Sequence[Read], settings: Settings, context: Context, staging: Path) -> list[Outcome]:
    """Validate decoded exports together and stage what may enter the lake. Raises QualityError."""
    limit = settings.params.quality.max_bad_share
    unread = [_unreadable(read.decoded, limit) for read in reads]
    exports = [_export(read) for read, reason in zip(reads, unread, strict=True) if reason is None]
    verdicts = iter(validate_many(exports, settings, context) if exports else [])
    outcomes = []
    for one, reason in zip(reads, unread, strict=True):
        verdict = None if reason is not None else next(verdicts)
        if verdict is None or not verdict.ok:
            why = str(reason if verdict is None else verdict.reason)
            outcomes.append(_kept_aside(_counted(one), one.data, why, settings))
        else:
            outcomes.append(_staged(one, verdict, settings, staging))
    return outcomes


def _unreadable(decoded: Decoded, limit: float) -> str | None:
    """Why an export fails with too many rows that can't be read, None if it does not."""
    report = decoded.report
    if report.rejected <= limit * report.rows:
        return None
    first = decoded.rejected["reason"][0].as_py()
    what = f"{report.rejected:,} of {report.rows:,} rows can't be read, the first since {first}"
    return f"{what}; quality.max_bad_share is {limit:g}"


def _export(read: Read) -> Export:
    report = read.decoded.report
    return Export(read.outcome.info.key, read.decoded.flows, report.kept + report.dropped)


def _staged(read: Read, verdict: Verdict, settings: Settings, staging: Path) -> Outcome:
    key = read.outcome.info.key
    bad = pa.concat_tables([read.decoded.rejected, verdict.bad], promote_options="default")
    aside = quarantine.keep_rows(settings.quarantine, key, bad).reason if len(bad) else ""
    staged = stage(staging, verdict.good, key)
    seen = _span(verdict.good)
    return replace(_counted(read), staged=staged, reason=aside, kept=staged.rows, bad=len(bad), seen=seen)


def _counted(read: Read) -> Outcome:
    report = read.decoded.report
    return replace(
        read.outcome,
        rows=report.rows,
        dropped=report.dropped,
        bad=report.rejected,
        missing=report.missing,
        format=report.format,
    )


def _kept_aside(outcome: Outcome, data: bytes, reason: str, settings: Settings) -> Outcome:
    quarantine.keep_file(settings.quarantine, outcome.info.key, data, reason)
    return replace(outcome, kind="quarantine", reason=reason)


def _span(flows: pa.Table) -> tuple[int, int] | None:
    ends = pc.min_max(flows["first_seen"].cast(pa.int64())).as_py()
    return None if ends["min"] is None else (ends["min"], ends["max"])


def _line(error: Exception, key: str) -> str:
    return one_line(error).removeprefix(f"{key}: ")
