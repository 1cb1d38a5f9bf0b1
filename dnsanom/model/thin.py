"""Fewer training rows for a model whose time grows with their square, or for a first look at a setting."""

import numpy as np

from dnsanom.model.distinct import Cells, Floats
from dnsanom.schema import BENIGN


def drawn(cells: Cells, most: int, seed: int) -> Cells:
    """At most `most` of the rows that cells stand for, drawn without replacement, as cells again.

    Attacks share a quarter evenly, what one leaves goes to benign rows: benign traffic is the more various,
    so it gets most of the room. Weights are whole numbers.
    """
    if cells.weight.sum() <= most:
        return cells
    rng = np.random.default_rng(seed)
    names = [str(name) for name in np.unique(cells.of)]
    attacks = [name for name in names if name != BENIGN]
    kept = np.zeros(len(cells.weight))
    for name in attacks:
        kept += _some(rng, cells.weight * (cells.of == name), most // 4 // len(attacks))
    kept += _some(rng, cells.weight * (cells.of == BENIGN), most - int(kept.sum()))
    there = kept > 0
    return Cells(cells.rows[there], cells.of[there], kept[there])


def _some(rng: np.random.Generator, weight: Floats, most: int) -> Floats:
    """How many of each cell's rows are among `most` that are drawn from all."""
    ends = weight.cumsum().astype(np.int64)
    if ends[-1] <= most:
        return weight
    picked = rng.choice(ends[-1], most, replace=False)
    return np.bincount(np.searchsorted(ends, picked, side="right"), minlength=len(weight)).astype(np.float64)
