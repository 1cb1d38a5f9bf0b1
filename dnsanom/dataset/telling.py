"""What features tell of the vectors, by themselves and beside others, whatever the model.

What features tell of a vector is their mutual information with "is it this vector?", as a share of that
question's entropy: 0 nothing, 1 all. A set tells of a vector what the best pair in it tells. So a feature
that repeats another adds nothing, and one that gives away a rare vector counts as much as one for a common
vector.

Values are counted in at most sixteen classes of about equal size: the same rows choose the same.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Score = dict[str, float | int | None]
BINS = 16


class Teller:
    """What each pair of features tells of each vector; the pair of a feature with itself is the feature."""

    def __init__(self, rows: pd.DataFrame, names: Sequence[str]) -> None:
        self.vectors, vector = np.unique(rows["vector"].to_numpy(str), return_inverse=True)
        codes = {name: _classes(rows[name].to_numpy(np.float64)) for name in names}
        self.pairs = {
            frozenset((a, b)): _shares(codes[a] * BINS + codes[b], vector, len(self.vectors))
            for a, b in combinations_with_replacement(names, 2)
        }

    def alone(self, name: str) -> float:
        return round(float(self.pairs[frozenset((name,))].mean()), 6) + 0.0

    def told(self, taken: Sequence[str]) -> Shares:
        """Of each vector, what the best pair of the taken features tells."""
        pairs = [self.pairs[frozenset(p)] for p in combinations_with_replacement(taken, 2)]
        best: Shares = np.max([np.zeros(len(self.vectors)), *pairs], axis=0)
        return best

    def adds(self, name: str, taken: Sequence[str]) -> float:
        return round(float((self.told([*taken, name]) - self.told(taken)).mean()), 6)


def order(teller: Teller, names: Sequence[str], count: int) -> list[str]:
    """The best `count` of the features by what they tell, each time the one that adds most."""
    taken: list[str] = []
    while len(taken) < min(count, len(names)):
        left = {name: teller.adds(name, taken) for name in names if name not in taken}
        taken.append(max(left, key=lambda name: (left[name], teller.alone(name))))
    return taken


def scores(teller: Teller, names: Sequence[str], taken: Sequence[str]) -> dict[str, Score]:
    """Of each feature: what it tells `alone` (mean over the vectors), what it `adds` to those taken before it
    (or, if it was left, to all that were taken), and its `place` (None: left)."""
    before = {name: taken[: taken.index(name)] if name in taken else taken for name in names}
    return {
        name: {
            "alone": teller.alone(name),
            "adds": teller.adds(name, before[name]),
            "place": taken.index(name) + 1 if name in taken else None,
        }
        for name in names
    }


def _classes(values: npt.NDArray[np.float64]) -> Codes:
    """Each value's class, 0 to BINS - 1; values with few levels keep them, others are cut at quantiles."""
    levels = np.unique(values)
    if len(levels) <= BINS:
        return np.searchsorted(levels, values).astype(np.int64)
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1], method="higher"))
    return np.searchsorted(cuts, values, side="right").astype(np.int64)


def _shares(cells: Codes, vector: Codes, vectors: int) -> Shares:
    """Of each vector, the share of the entropy of "is it this one?" that the cell tells."""
    counted = np.bincount(cells * vectors + vector, minlength=BINS * BINS * vectors).reshape(-1, vectors)
    share = counted / max(len(cells), 1)
    cell, of = share.sum(axis=1, keepdims=True), share.sum(axis=0)
    asked = _bits(of) + _bits(1 - of)
    both = _bits(share).sum(axis=0) + _bits(cell - share).sum(axis=0)
    told: Shares = np.divide(asked + _bits(cell).sum() - both, asked, out=np.zeros(vectors), where=asked > 0)
    return told


def _bits(share: Shares) -> Shares:
    """-p log2 p, 0 for 0; rounding that leaves a share just under 0 counts as 0."""
    p = np.clip(share, 0, 1)
    return -p * np.log2(p, out=np.zeros_like(p), where=p > 0)
