"""The three sides of a data set as tables, and as files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from dnsanom.dataset import summary
from dnsanom.dataset.parquet import write_sorted
from dnsanom.dataset.place import Plan
from dnsanom.dataset.sample import quotas, thin
from dnsanom.dataset.seen import attackers, mark
from dnsanom.dataset.split import SIDES, SPLIT_COLUMNS
from dnsanom.params import Params


@dataclass(frozen=True)
class Sides:
    """Rows of a view, split as `how` says.

    placed: all rows, with `side`, `split` and `left_out`; counts: how many, see `summary.counted`; learnable:
    training rows less noise; train: those of them that a model learns from.
    """

    how: Plan
    placed: ibis.Table
    counts: pd.DataFrame
    learnable: ibis.Table
    train: ibis.Table

    def attackers(self) -> ibis.Table:
        """Hosts on the attacker's side of the training side's attack rows."""
        return attackers(self.placed.filter(self.placed.split == SIDES[0]), self.how.ours)

    def write(self, known: ibis.Table, folder: Path) -> None:
        """A Parquet file a side, with `seen` by the known attackers."""
        folder.mkdir(parents=True, exist_ok=True)
        for side, table in summary.sides(self.placed, self.train).items():
            write_sorted(mark(table, known, self.how.ours), folder / f"{side}.parquet")

    def summary(self) -> dict[str, Any]:
        """What they hold, and what was left out and why."""
        return summary.summary(self.how.at, self.counts, self.placed, self.learnable, self.train)


def sides(con: ibis.BaseBackend, made: ibis.Table, how: Plan, params: Params, name: str) -> Sides:
    """The rows, labelled and split; in tables of the backend whose names begin with `name`."""
    placed = con.create_table(f"{name}_placed", how.place(made))
    learnable = _learnable(placed, params)
    counts = vectors(learnable)
    keep = quotas(counts, params.dataset.max_train_rows)
    train = con.create_table(f"{name}_train", thin(learnable, counts, keep, params.dataset.seed))
    return Sides(how, placed, summary.counted(placed), learnable, train)


def vectors(rows: ibis.Table) -> dict[str, int]:
    """How many rows each vector has. Runs a query."""
    counted = rows.group_by("vector").aggregate(n=rows.count()).to_pyarrow().to_pylist()
    return {row["vector"]: row["n"] for row in counted}


def _learnable(placed: ibis.Table, params: Params) -> ibis.Table:
    dropped = params.noise.drop_from_training
    clean = placed.noise.isnull() | placed.noise.notin(dropped) if dropped else True
    return placed.filter((placed.split == SIDES[0]) & clean).drop(*SPLIT_COLUMNS)
