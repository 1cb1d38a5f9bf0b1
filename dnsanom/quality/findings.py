"""Failed expectations of a run over several exports, export by export."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dnsanom.quality import reasons
from dnsanom.quality.exports import Numbers, Run


@dataclass(frozen=True)
class Finding:
    """What a run found of an export: why it fails on the whole, or why which flows (by place in it) do."""

    whole: str | None = None
    why: dict[int, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


def by_export(results: list[Any], run: Run, frame: pd.DataFrame, limit: float) -> list[Finding]:
    """Of each export in the run, what the failed expectations (with all their rows) say of it.

    Reasons are put into words for exports that keep their other rows; where more than `limit` of the rows
    are bad, one is the example.
    """
    found = [(result, *_where(result, run)) for result in results]
    whole = {n: "; ".join(texts) for n, texts in _whole(found).items()}
    bad = [(result, positions) for result, positions, _ in found if not reasons.is_whole(result)]
    union = np.unique(np.concatenate([np.empty(0, np.int64), *(positions for _, positions in bad)]))
    owners = run.numbers[union]
    counts = np.bincount(owners, minlength=len(run.pieces))
    over = counts > limit * np.array([piece.export.flows.num_rows for piece in run.pieces])
    over[list(whole)] = True
    examples = union[np.unique(owners, return_index=True)[1]]
    why = reasons.by_position(bad, np.union1d(union[~over[owners]], examples), run.flows, frame)
    told: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for position, reason in why.items():
        told[int(run.numbers[position])][position] = reason
    starts = np.cumsum([0, *(piece.count for piece in run.pieces)])
    findings = []
    for n, piece in enumerate(run.pieces):
        failed = tuple(reasons.describe(result) for result, _, touched in found if n in touched)
        if over[n] and n not in whole:
            example = next(iter(told[n].values()))
            whole[n] = str(reasons.too_many(int(counts[n]), piece.export.flows.num_rows, limit, example))
        rows = {} if n in whole else {p - int(starts[n]) + piece.first: text for p, text in told[n].items()}
        findings.append(Finding(whole.get(n), rows, failed))
    return findings


def _where(result: Any, run: Run) -> tuple[Numbers, set[int]]:
    """Positions of the flows that a failed expectation found, and the numbers of the exports it is about."""
    if reasons.is_counted(result):
        positions = np.flatnonzero(np.isin(run.places, result.result["unexpected_index_list"]))
        return positions, set(np.unique(run.numbers[positions]).tolist())
    named = {int(n) for n in reasons.failing_exports(result)}
    return np.empty(0, np.int64), named or set(range(len(run.pieces)))


def _whole(found: list[tuple[Any, Numbers, set[int]]]) -> dict[int, list[str]]:
    """By export, what rules on the whole of it say."""
    whole: defaultdict[int, list[str]] = defaultdict(list)
    for result, _, touched in found:
        if reasons.is_whole(result):
            for n in touched:
                whole[n].append(reasons.of_rule(result, n))
    return whole
