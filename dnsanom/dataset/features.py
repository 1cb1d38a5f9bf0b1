"""Which features a model may see: minimum redundancy, maximum relevance, on training rows alone.

A feature's relevance is the share of the vector's entropy that it tells; its redundancy with another is
the share that the two tell of each other. The most relevant feature is taken first, then each time the
one whose relevance exceeds most its mean redundancy with those taken (Peng, Long and Ding 2005, doi
10.1109/TPAMI.2005.159). Values are counted in at most sixteen classes of about equal size, so the scores
are counts, and the same rows choose the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]
BINS = 16


@dataclass(frozen=True)
class Choice:
    """The features taken, best first, and each feature's relevance, redundancy and place (None: left)."""

    features: tuple[str, ...]
    scores: dict[str, dict[str, float | int | None]]


def choose(rows: pd.DataFrame, names: Sequence[str], count: int) -> Choice:
    """The best `count` of the named features of labelled training rows (columns `names` and `vector`)."""
    codes = {name: _classes(rows[name].to_numpy(np.float64)) for name in names}
    vector = np.unique(rows["vector"].to_numpy(str), return_inverse=True)[1].astype(np.int64)
    relevance = {name: _share(codes[name], vector, of=vector) for name in names}
    shared = {(a, b): _mutual_share(codes[a], codes[b]) for a in names for b in names if a < b}
    taken: list[str] = []
    scores: dict[str, dict[str, float | int | None]] = {}
    while len(scores) < len(names):
        redundancy = {n: _mean_shared(shared, n, taken) for n in names if n not in scores}
        best = max(redundancy, key=lambda n: (relevance[n] - redundancy[n], relevance[n]))
        place = len(taken) + 1 if len(taken) < count else None
        scores[best] = {
            "relevance": round(relevance[best], 6), "redundancy": round(redundancy[best], 6), "place":
            place
        }  # fmt: skip
        if place:
            taken.append(best)
    return Choice(tuple(taken), {name: scores[name] for name in names})


def _classes(values: npt.NDArray[np.float64]) -> Codes:
    """Each value's class; values with few levels keep them, others are cut at quantiles."""
    levels = np.unique(values)
    if len(levels) <= BINS:
        return np.searchsorted(levels, values).astype(np.int64)
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1], method="higher"))
    return np.searchsorted(cuts, values, side="right").astype(np.int64)


def _entropy(codes: Codes) -> float:
    share = np.bincount(codes)[np.bincount(codes) > 0] / max(len(codes), 1)
    return float(-(share * np.log2(share)).sum())


def _share(a: Codes, b: Codes, of: Codes) -> float:
    """Mutual information of a and b as a share of the entropy of `of`; 0 if that has none."""
    whole = _entropy(of)
    joint = a * (int(b.max(initial=0)) + 1) + b
    return (_entropy(a) + _entropy(b) - _entropy(joint)) / whole if whole > 0 else 0.0


def _mutual_share(a: Codes, b: Codes) -> float:
    """What a and b tell of each other, as a share of the lesser of their entropies."""
    return _share(a, b, of=a if _entropy(a) < _entropy(b) else b)


def _mean_shared(shared: dict[tuple[str, str], float], name: str, taken: Sequence[str]) -> float:
    return sum(shared[min(name, t), max(name, t)] for t in taken) / len(taken) if taken else 0.0
