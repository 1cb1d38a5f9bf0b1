"""What a data set holds: spans, rows by side, vector and source, and what was left out and why."""

from datetime import UTC, datetime
from typing import Any

import ibis

from dnsanom.dataset.split import SIDES, Borders


def summary(
    view: str, at: Borders, labelled: ibis.Table, placed: ibis.Table, learnable: ibis.Table, train: ibis.Table
) -> dict[str, Any]:
    """The summary of a data set.

    labelled: all rows; placed: those on a side, with `split`; learnable: the training rows less noise;
    train: those of them that a model learns from.
    """
    whole = placed.group_by("split").aggregate(rows=placed.count()).to_pandas().set_index("split")["rows"]
    on_a_side = {side: int(whole.get(side, 0)) for side in SIDES}
    counts = {"labelled": labelled, "learnable": learnable, "train": train}
    total = {name: int(table.count().to_pyarrow().as_py()) for name, table in counts.items()}
    sides = {"train": train} | {s: placed.filter(placed.split == s) for s in SIDES[1:]}
    return {
        "view": view,
        "rows": total["labelled"],
        "left_out": {
            "gap_or_episode_of_an_earlier_side": total["labelled"] - sum(on_a_side.values()),
            "noise_in_training": on_a_side["train"] - total["learnable"],
            "past_max_train_rows": total["learnable"] - total["train"],
        },
        "sides": {side: _side(at, side, table) for side, table in sides.items()},
    }


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
