"""What a data set holds: spans, rows by side, vector and source, and what was left out and why."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from dnsanom.dataset.split import REASONS, SIDES, SPLIT_COLUMNS, Borders
from dnsanom.errors import DatasetError
from dnsanom.schema import BENIGN, VECTORS


def summary(
    at: Borders, counts: pd.DataFrame, placed: ibis.Table, learnable: ibis.Table, train: ibis.Table
) -> dict[str, Any]:
    """The summary of a data set.

    counts: `counted(placed)`; placed: all rows, with `side`, `split` and `left_out`; learnable: the training
    rows less noise; train: those of them that a model learns from.
    """
    on_train = int(counts[counts["left_out"].isna() & (counts["side"] == 0)]["rows"].sum())
    left, learned = (int(table.count().to_pyarrow().as_py()) for table in (learnable, train))
    reasons = {reason: int(counts[counts["left_out"] == reason]["rows"].sum()) for reason in REASONS}
    lost = _lost(counts)
    return {
        "rows": int(counts["rows"].sum()),
        "left_out": reasons | {"noise_in_training": on_train - left, "past_max_train_rows": left - learned},
        "vectors_lost": lost,
        "notes": [_note(counts, side, vector) for side, vectors in lost.items() for vector in vectors],
        "sides": {
            name: _side(at, name, table) | _kept(counts, number)
            for number, (name, table) in enumerate(sides(placed, train).items())
        },
    }


def notes(folder: Path) -> list[str]:
    """What a data set's summary has to say of vectors that a side has lost, at all rates."""
    told = json.loads((folder / "summary.json").read_text())
    at_rates = (f"1:{rate}: {note}" for rate, of in told["sampled"].items() for note in of["notes"])
    return [*told["notes"], *at_rates]


def sides(placed: ibis.Table, train: ibis.Table) -> dict[str, ibis.Table]:
    """The rows of each side, as they are written but for `seen`."""
    others = {side: placed.filter(placed.split == side).drop(*SPLIT_COLUMNS) for side in SIDES[1:]}
    return {SIDES[0]: train} | others


def counted(placed: ibis.Table) -> pd.DataFrame:
    """Rows by the side whose time they are in, vector, and why they are left out (null: they are not)."""
    grouped = placed.group_by("side", "vector", "left_out").aggregate(rows=placed.count())
    counts: pd.DataFrame = grouped.order_by("side", "vector", "left_out").to_pandas()
    return counts


def refuse_empty(counts: pd.DataFrame) -> None:
    """Raises DatasetError if the split leaves nothing of a side that has rows in its time."""
    for number, side in enumerate(SIDES):
        of = counts[counts["side"] == number]
        if len(of) and of["left_out"].notna().all():
            raise DatasetError(
                f"dataset.clients: leaves nothing of the {side} side: its {of['rows'].sum():,} rows are of "
                "clients or episodes of another; longer prefixes or more clients help, null splits by time"
            )


def _lost(counts: pd.DataFrame) -> dict[str, list[str]]:
    """Of each side, the vectors that have rows in its time and none on it."""
    lost = {}
    for number, side in enumerate(SIDES):
        of = counts[counts["side"] == number]
        kept = set(of[of["left_out"].isna()]["vector"])
        lost[side] = [v for v in VECTORS if v in set(of["vector"]) - kept]
    return lost


def _note(counts: pd.DataFrame, side: str, vector: str) -> str:
    of = counts[(counts["side"] == SIDES.index(side)) & (counts["vector"] == vector)]
    why = ", ".join(f"{row.rows:,} {str(row.left_out).replace('_', ' ')}" for row in of.itertuples())
    return f"{side}: no row of {vector} is left ({why}): nothing is known of it on this side"


def _kept(counts: pd.DataFrame, number: int) -> dict[str, Any]:
    """What the split leaves out of the rows in the side's time, and which share of them it leaves."""
    of = counts[counts["side"] == number]
    benign, left = of["vector"] == BENIGN, of["left_out"].isna()
    return {
        "left_out": {r: int(of[of["left_out"] == r]["rows"].sum()) for r in REASONS[1:]},
        "share_kept": {
            "benign": _share(of[benign & left], of[benign]),
            "attacks": _share(of[~benign & left], of[~benign]),
        },
    }


def _share(part: pd.DataFrame, whole: pd.DataFrame) -> float | None:
    return round(int(part["rows"].sum()) / int(whole["rows"].sum()), 6) if len(whole) else None


def _side(at: Borders, side: str, table: ibis.Table) -> dict[str, Any]:
    grouped = table.group_by("vector", "label_source").aggregate(
        rows=table.count(), episodes=table.episode.nunique(), flows=table.flow_count.sum()
    )
    start, end = at.span(side)
    return {
        "start": _iso(start),
        "end": _iso(end),
        "rows": int(table.count().to_pyarrow().as_py()),
        "vectors": grouped.order_by("vector", "label_source").to_pyarrow().to_pylist(),
    }


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
