"""Which features a model may see: those with which attacks are told best, chosen on training rows alone.

Features are taken one by one, each time the one with which macro-F1 grows most: k nearest neighbours learn
from the earlier training rows and are asked about later ones, of other clients and episodes (`inner`). Before
the next, one that has become useless is put back: if what is left does better without it than the best of
that size so far (floating search; Pudil, Novovičová and Kittler, 1994). Rows asked about weigh as many as
they stand for, so that benign traffic has the part in precision that it has on the wire.

Where training rows can't be split so, features are taken by what they tell (`telling`).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dnsanom.dataset import telling
from dnsanom.dataset.inner import folds
from dnsanom.dataset.learner import Learner
from dnsanom.params import Dataset

WRAPPED, TOLD = "macro-F1 of kNN on later training rows of other clients", "mutual information"


@dataclass(frozen=True)
class Choice:
    """The features taken, best first, and how all of them did.

    by: what they were chosen by. adds: with each of them macro-F1 after it and those before it were taken, in
    order; empty where it was not chosen by that. scores: of each feature, what it tells, see `telling`.
    told: of each vector, what the taken features tell.
    """

    features: tuple[str, ...]
    by: str
    adds: dict[str, float]
    scores: dict[str, telling.Score]
    told: dict[str, float]


def choose(
    rows: pd.DataFrame,
    names: Sequence[str],
    logged: Sequence[str],
    dataset: Dataset,
    standing: Mapping[str, float],
    ours: Sequence[str],
) -> Choice:
    """The best `dataset.features` of the named features of labelled training rows.

    rows: the features, client, server, first_seen, vector and episode. logged: features that a model sees as
    log(1 + x). standing: how many rows one of each vector stands for. ours: our resolvers.
    """
    teller = telling.Teller(rows, names)
    learners = [Learner.of(rows, names, logged, standing, *fold) for fold in folds(rows, dataset, ours)]
    taken, adds = telling.order(teller, names, dataset.features), dict[str, float]()
    if learners:
        taken, adds = _search(names, min(dataset.features, len(names)), _scorer(learners))
    told = zip(teller.vectors.tolist(), teller.told(taken).tolist(), strict=True)
    return Choice(
        features=tuple(taken),
        by=WRAPPED if learners else TOLD,
        adds=adds,
        scores=telling.scores(teller, names, taken),
        told={vector: round(share, 6) for vector, share in told},
    )


def _scorer(learners: Sequence[Learner]) -> Callable[[Sequence[str]], float]:
    """Mean macro-F1 of the folds with some features, asked once for each set."""
    known: dict[frozenset[str], float] = {}

    def score(taken: Sequence[str]) -> float:
        key = frozenset(taken)
        if key not in known:
            known[key] = round(float(np.mean([learner.macro_f1(sorted(key)) for learner in learners])), 6)
        return known[key]

    return score


def _search(
    names: Sequence[str], count: int, score: Callable[[Sequence[str]], float]
) -> tuple[list[str], dict[str, float]]:
    """Floating forward search; the features in the order in which they were last taken, and F1 after each."""
    taken: list[str] = []
    best: dict[int, float] = {}
    with ThreadPoolExecutor(2) as pool:

        def top(sets: list[list[str]]) -> tuple[float, list[str]]:
            """The set with the highest F1, of equals the first."""
            scored = list(pool.map(score, sets))
            at = int(np.argmax(scored))
            return scored[at], sets[at]

        while len(taken) < count:
            best[len(taken) + 1], taken = top([[*taken, name] for name in names if name not in taken])
            while len(taken) > 2:
                without, fewer = top([[n for n in taken if n != name] for name in taken[:-1]])
                if without <= best[len(fewer)]:
                    break
                best[len(fewer)], taken = without, fewer
    return taken, {name: score(taken[: at + 1]) for at, name in enumerate(taken)}
