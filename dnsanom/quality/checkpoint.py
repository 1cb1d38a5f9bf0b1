"""Every export through a checkpoint: which rows may enter the lake, and why the others may not."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.errors import QualityError
from dnsanom.params import Quality
from dnsanom.quality import checks, reasons
from dnsanom.quality.author import CONFIG, PASS_CHECKPOINT, ROWS_CHECKPOINT, SUITES
from dnsanom.quality.names import safe_name
from dnsanom.quality.rules import EARLIEST, LATEST, LEAST_DNS, SUITE
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings

BAD_SCHEMA = FLOW_SCHEMA.append(pa.field("reason", pa.string()))
#: How far an exporter's clock may be ahead of ours.
LEEWAY = timedelta(hours=1)
AUTHOR = "python -m dnsanom.quality.author"


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

    Raises QualityError when the folder or a checkpoint is missing or something in it can't be read.
    """
    root = settings.root / "expectations"
    if not (root / CONFIG).is_file():
        raise QualityError(f"{root / CONFIG}: no such file; `{AUTHOR}` writes it")
    import great_expectations as gx
    from great_expectations.exceptions import GreatExpectationsError

    from dnsanom.quality import expectations  # noqa: F401  registers what the suite uses

    try:
        project = gx.get_context(mode="file", context_root_dir=str(root))
        checkpoints = [project.checkpoints.get(name) for name in (PASS_CHECKPOINT, ROWS_CHECKPOINT)]
        _check_suite(root / SUITES / f"{SUITE}.json", checkpoints[0])
    except (GreatExpectationsError, ValueError, LookupError) as error:
        raise QualityError(f"{root}: {_line(error)}; `{AUTHOR}` writes it anew") from error
    return Context(project, *checkpoints)


def _check_suite(path: Path, checkpoint: Any) -> None:
    """Great Expectations only logs an expectation that it can't read, and goes on without it."""
    (definition,) = checkpoint.validation_definitions
    written, read = len(json.loads(path.read_text())["expectations"]), len(definition.suite.expectations)
    if written != read:
        raise ValueError(f"{path.name}: {written - read} of its {written} expectations can't be read")


def validate(
    flows: pa.Table,
    export_key: str,
    settings: Settings,
    context: Context | None = None,
    rows: int | None = None,
) -> Verdict:
    """Run the checkpoint on an export's flows (FLOW_SCHEMA) and say what becomes of them.

    `rows` is how many flows the export held where `flows` is a selection of them (DNS only): the share of
    DNS is taken of it. The result is stored under a run name made of the key. Only if something failed, a
    second run under the same name finds the rows. Raises QualityError when the checkpoint can't be run.
    """
    if not flows.schema.equals(FLOW_SCHEMA):
        raise QualityError(f"{export_key}: {_first_difference(flows.schema)}")
    context = context or open_context(settings)
    quality, now = settings.params.quality, datetime.now(UTC)
    frame = checks.frame(flows, settings.params.dns.ports)
    run = partial(
        _failures,
        batch_parameters={"dataframe": frame},
        expectation_parameters=_parameters(quality, flows.num_rows if rows is None else rows, now),
        run_id=_run_id(export_key, now),
    )
    failures = run(context.export)
    if not failures:
        return Verdict(True, flows, BAD_SCHEMA.empty_table(), None, ())
    failed = tuple(reasons.describe(failure) for failure in failures)
    whole = reasons.of_export(failures, quality.max_bad_share)
    if whole is None:
        by_row = reasons.by_row(run(context.export_rows), flows, frame)
        whole = reasons.of_share(by_row, flows.num_rows, quality.max_bad_share)
    if whole is not None:
        return Verdict(False, FLOW_SCHEMA.empty_table(), BAD_SCHEMA.empty_table(), whole, failed)
    return Verdict(True, *_split(flows, by_row), None, failed)


def _failures(checkpoint: Any, run_id: Any, **arguments: Any) -> list[Any]:
    """Run a checkpoint; the results of the expectations that did not hold."""
    from great_expectations.exceptions import GreatExpectationsError

    try:
        outcome = checkpoint.run(run_id=run_id, **arguments)
    except (GreatExpectationsError, OSError) as error:
        raise QualityError(f"{run_id.run_name}: checkpoint {checkpoint.name}: {_line(error)}") from error
    (results,) = outcome.run_results.values()
    return [result for result in results.results if not result.success]


def _first_difference(schema: pa.Schema) -> str:
    """The first column that is not as FLOW_SCHEMA has it."""
    found, needed = ([f"{field.name} {field.type}" for field in one] for one in (schema, FLOW_SCHEMA))
    for place, (is_, must) in enumerate(zip_longest(found, needed, fillvalue="missing")):
        if is_ != must:
            return f"column {place} is {is_}, must be {must}"
    return "the columns' null flags are not the flow table's"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _run_id(export_key: str, now: datetime) -> Any:
    from great_expectations import RunIdentifier

    return RunIdentifier(run_name=safe_name(export_key), run_time=now)


def _parameters(quality: Quality, rows: int, now: datetime) -> dict[str, Any]:
    return {
        EARLIEST: datetime.fromisoformat(quality.earliest),
        LATEST: now + LEEWAY,
        LEAST_DNS: math.ceil(quality.min_dns_share * rows),
    }


def _split(flows: pa.Table, by_row: dict[int, str]) -> tuple[pa.Table, pa.Table]:
    bad = pc.is_in(flows["row"], value_set=pa.array(by_row, pa.int64()))
    rows = flows.filter(bad)
    why = pa.array([by_row[row] for row in rows["row"].to_pylist()], pa.string())
    return flows.filter(pc.invert(bad)), rows.append_column("reason", why)
