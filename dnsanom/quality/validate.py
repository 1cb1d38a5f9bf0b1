"""Exports through the checkpoints: which rows may enter the lake, and why the others may not.

Several exports share a run, and each gets a verdict of its own, the same that it would get alone. If all is
well, that is one run. If something failed, a second one under the same name finds the rows of all exports
that failed; there is no run for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from dnsanom.errors import QualityError
from dnsanom.quality import checks, findings, reasons
from dnsanom.quality.checkpoint import Context, Subject, failures, now, open_context
from dnsanom.quality.exports import Export, Run, groups, runs
from dnsanom.quality.findings import Finding
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings

BAD_SCHEMA = FLOW_SCHEMA.append(pa.field("reason", pa.string()))


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


def validate(
    flows: pa.Table,
    export_key: str,
    settings: Settings,
    context: Context | None = None,
    rows: int | None = None,
) -> Verdict:
    """The verdict on one export's flows (FLOW_SCHEMA), as `validate_many` gives it.

    `rows` is how many flows the export held where `flows` is a selection of them (DNS only): the share of
    DNS is taken of it.
    """
    export = Export(export_key, flows, flows.num_rows if rows is None else rows)
    return validate_many([export], settings, context)[0]


def validate_many(
    exports: Sequence[Export], settings: Settings, context: Context | None = None
) -> list[Verdict]:
    """Run the checkpoints on the exports and say what becomes of each, in their order.

    A run's result is stored under a name made of its first key, and names them all. Raises QualityError when
    a checkpoint can't be run.
    """
    for export in exports:
        if not export.flows.schema.equals(FLOW_SCHEMA):
            raise QualityError(f"{export.key}: {_first_difference(export.flows.schema)}")
    context = context or open_context(settings)
    return [verdict for group in groups(exports) for verdict in _judged(group, settings, context)]


def _judged(group: list[Export], settings: Settings, context: Context) -> list[Verdict]:
    limit = settings.params.quality.max_bad_share
    found: list[list[Finding]] = [[] for _ in group]
    for run in runs(group):
        looked = _look(run, settings, context)
        if looked is None:
            # A rule failed that does not say for which exports: those of one half, or of both.
            half = len(group) // 2
            return [v for part in (group[:half], group[half:]) for v in _judged(part, settings, context)]
        for finding, of_export in zip(looked, found, strict=True):
            of_export.append(finding)
        if looked[0].whole is not None and len(group) == 1:
            break
    return [_verdict(export, parts, limit) for export, parts in zip(group, found, strict=True)]


def _look(run: Run, settings: Settings, context: Context) -> list[Finding] | None:
    """What a run finds of each export in it; None if something failed that can't be said to be one's."""
    quality = settings.params.quality
    frame = checks.frame(run.flows, run.repeated, run.places)
    subject = Subject(frame, run.exports(settings.params.dns.ports), run.name, quality, now())
    failed = failures(context.export, subject)
    if not failed:
        return [Finding() for _ in run.pieces]
    if len(run.pieces) == 1:
        rows = run.pieces[0].export.flows.num_rows
        whole = reasons.of_export(failed, rows, quality.max_bad_share)
        if whole is not None:
            return [Finding(whole, failed=tuple(map(reasons.describe, failed)))]
    elif not all(map(reasons.says_whose, failed)):
        return None
    return findings.by_export(failures(context.export_rows, subject), run, frame, quality.max_bad_share)


def _verdict(export: Export, parts: Sequence[Finding], limit: float) -> Verdict:
    why = {row: reason for part in parts for row, reason in part.why.items()}
    failed = tuple(dict.fromkeys(rule for part in parts for rule in part.failed))
    whole = next((part.whole for part in parts if part.whole is not None), None)
    if whole is None and why:
        whole = reasons.too_many(len(why), export.flows.num_rows, limit, next(iter(why.values())))
    if whole is not None:
        return Verdict(False, FLOW_SCHEMA.empty_table(), BAD_SCHEMA.empty_table(), whole, failed)
    if not why:
        return Verdict(True, export.flows, BAD_SCHEMA.empty_table(), None, failed)
    return Verdict(True, *_split(export.flows, why), None, failed)


def _split(flows: pa.Table, why: dict[int, str]) -> tuple[pa.Table, pa.Table]:
    """The good flows, and the bad ones with their reasons, which are given by place in the table."""
    places = np.array(sorted(why), np.int64)
    good = np.ones(flows.num_rows, bool)
    good[places] = False
    told = pa.array([why[place] for place in places.tolist()], pa.string())
    return flows.filter(pa.array(good)), flows.take(pa.array(places)).append_column("reason", told)


def _first_difference(schema: pa.Schema) -> str:
    """The first column that is not as FLOW_SCHEMA has it."""
    found, needed = ([f"{field.name} {field.type}" for field in one] for one in (schema, FLOW_SCHEMA))
    for place, (is_, must) in enumerate(zip_longest(found, needed, fillvalue="missing")):
        if is_ != must:
            return f"column {place} is {is_}, must be {must}"
    return "the columns' null flags are not the flow table's"
