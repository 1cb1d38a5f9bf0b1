"""Every export through a checkpoint: which rows may enter the lake, and why the others may not."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.errors import QualityError
from dnsanom.params import Quality
from dnsanom.quality import checks, reasons
from dnsanom.quality.author import CONFIG, PASS_CHECKPOINT, ROWS_CHECKPOINT
from dnsanom.quality.names import safe_name
from dnsanom.quality.rules import EARLIEST, LATEST, LEAST_DNS
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings

BAD_SCHEMA = FLOW_SCHEMA.append(pa.field("reason", pa.string()))
#: How far an exporter's clock may be ahead of ours.
LEEWAY = timedelta(hours=1)


@dataclass(frozen=True)
class Verdict:
    """What becomes of an export.

    `ok`: `good` rows go into the lake, `bad` rows (with their `reason`) into quarantine. Not ok: the export
    is to be quarantined whole for `reason`, both tables are empty. `failed`: the rules that did not hold.
    """

    ok: bool
    good: pa.Table
    bad: pa.Table
    reason: str | None
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Context:
    """The Great Expectations project, opened: its data context and the two checkpoints, fetched by name."""

    project: Any
    export: Any
    export_rows: Any


def open_context(settings: Settings) -> Context:
    """Open expectations/ under the root; once a process, since the import behind it takes seconds.

    Raises QualityError when the folder or one of its checkpoints is missing or can't be read.
    """
    root = settings.root / "expectations"
    if not (root / CONFIG).is_file():
        raise QualityError(f"{root / CONFIG}: no such file; `python -m dnsanom.quality.author` writes it")
    import great_expectations as gx
    from great_expectations.exceptions import GreatExpectationsError

    from dnsanom.quality import expectations  # noqa: F401  registers what the suite uses

    try:
        project = gx.get_context(mode="file", context_root_dir=str(root))
        found = [project.checkpoints.get(name) for name in (PASS_CHECKPOINT, ROWS_CHECKPOINT)]
    except (GreatExpectationsError, ValueError, KeyError) as error:
        problem = " ".join(str(error).split())
        raise QualityError(f"{root}: {problem}; `python -m dnsanom.quality.author` writes it anew") from error
    return Context(project, *found)


def validate(
    flows: pa.Table,
    export_key: str,
    settings: Settings,
    context: Context | None = None,
    rows: int | None = None,
) -> Verdict:
    """Run the checkpoint on an export's flows and say what becomes of them.

    `rows` is how many flows the export held where `flows` is a selection of them (DNS only): the share of
    DNS is taken of it. The result is stored under a run name made of the key. Only if something failed, a
    second run under the same name finds the rows. Raises QualityError when the project can't be opened.
    """
    context = context or open_context(settings)
    quality = settings.params.quality
    now = datetime.now(UTC)
    frame = checks.frame(flows, settings.params.dns.ports)
    arguments = {
        "batch_parameters": {"dataframe": frame},
        "expectation_parameters": _parameters(quality, flows.num_rows if rows is None else rows, now),
        "run_id": _run_id(export_key, now),
    }
    outcome = _results(context.export.run(**arguments))
    if not outcome:
        return Verdict(True, flows, BAD_SCHEMA.empty_table(), None, ())
    failed = tuple(reasons.describe(result) for result in outcome)
    whole = reasons.of_export(outcome, quality.max_bad_share)
    if whole is None:
        by_row = reasons.by_row(_results(context.export_rows.run(**arguments)), flows, frame)
        whole = reasons.of_share(by_row, flows.num_rows, quality.max_bad_share)
    if whole is not None:
        return Verdict(False, FLOW_SCHEMA.empty_table(), BAD_SCHEMA.empty_table(), whole, failed)
    return Verdict(True, *_split(flows, by_row), None, failed)


def _run_id(export_key: str, now: datetime) -> Any:
    from great_expectations import RunIdentifier

    return RunIdentifier(run_name=safe_name(export_key), run_time=now)


def _parameters(quality: Quality, rows: int, now: datetime) -> dict[str, Any]:
    return {
        EARLIEST: datetime.fromisoformat(quality.earliest),
        LATEST: now + LEEWAY,
        LEAST_DNS: math.ceil(quality.min_dns_share * rows),
    }


def _results(outcome: Any) -> list[Any]:
    """The failed expectations' results of a checkpoint run."""
    (run,) = outcome.run_results.values()
    return [result for result in run.results if not result.success]


def _split(flows: pa.Table, by_row: dict[int, str]) -> tuple[pa.Table, pa.Table]:
    bad = pc.is_in(flows["row"], value_set=pa.array(by_row, pa.int64()))
    rows = flows.filter(bad)
    why = pa.array([by_row[row] for row in rows["row"].to_pylist()], pa.string())
    return flows.filter(pc.invert(bad)), rows.append_column("reason", why)
