"""Margins of pairs of classes as probabilities: a sigmoid a pair, and one distribution that fits them all.

Votes of the pairs lie in lumps, whole numbers apart, and rank rows of one lump hardly at all; the pairs' own
margins do. Sources: Platt, "Probabilistic Outputs for Support Vector Machines", 1999, its targets by Lin, Lin
and Weng, 2007; Wu, Lin and Weng, "Probability Estimates for Multi-class Classification by Pairwise Coupling",
JMLR 2004, second method.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from dnsanom.model.calibrated import Calibrated
from dnsanom.model.distinct import Floats, Indices

#: A pair is never surer than this, as libsvm has it: surer pairs would leave the others no say.
_SUREST = 1e-7
#: Rows that are coupled at once.
_BLOCK = 16_384


class Coupled(Calibrated):
    """A classifier of pairs of classes, (0, 1), (0, 2) and so on; a margin favours the pair's first class.

    `slopes_` and `offsets_` (pairs,) are those of the sigmoids, 1 and 0 until they are calibrated.
    """

    slopes_: Floats
    offsets_: Floats

    def neutral(self) -> None:
        """Sigmoids of slope 1 for the classes."""
        count = len(self.classes_)
        self.slopes_, self.offsets_ = np.ones(count * (count - 1) // 2), np.zeros(count * (count - 1) // 2)

    def learn(self, margins: Floats, place: Indices, weight: Floats) -> None:
        """Set each pair's sigmoid; it stays if rows of both its classes lack or contradict it."""
        self.neutral()
        for column, (one, two) in enumerate(combinations(range(len(self.classes_)), 2)):
            of = np.flatnonzero((place == one) | (place == two))
            first = place[of] == one
            if first.any() and not first.all():
                slope, offset = _sigmoid(margins[of, column], first, weight[of])
                if slope > 0:
                    self.slopes_[column], self.offsets_[column] = slope, offset

    def chances(self, margins: Floats) -> Floats:
        """Probabilities (n, classes) of margins (n, pairs)."""
        pairs = expit(margins * self.slopes_ + self.offsets_)
        parts = [coupled(pairs[i : i + _BLOCK], len(self.classes_)) for i in range(0, len(pairs), _BLOCK)]
        return np.concatenate(parts)


def _sigmoid(margin: Floats, first: NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Slope and offset under which rows (n,) are likeliest, none of them taken as certain."""
    right = [(weight[rows].sum() + 1) / (weight[rows].sum() + 2) for rows in (first, ~first)]
    hope = np.where(first, right[0], 1 - right[1])
    model = LogisticRegression(C=np.inf, solver="newton-cholesky")
    model.fit(
        np.tile(margin, 2)[:, None],
        np.repeat([1, 0], len(margin)),
        np.concatenate((weight * hope, weight * (1 - hope))),
    )
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def coupled(pairs: Floats, classes: int) -> Floats:
    """Probabilities (n, classes) that contradict least what is said of each pair (n, pairs).

    Of all distributions p the one with the least sum over pairs i, j of (r_ji p_i - r_ij p_j)^2, where r_ij
    is the chance of i if it is i or j.
    """
    said = np.zeros((len(pairs), classes, classes))
    one, two = np.triu_indices(classes, 1)
    said[:, one, two] = np.clip(pairs, _SUREST, 1 - _SUREST)
    said[:, two, one] = 1 - said[:, one, two]
    system = np.zeros((len(pairs), classes + 1, classes + 1))
    system[:, :classes, :classes] = -said * said.transpose(0, 2, 1)
    every = np.arange(classes)
    system[:, every, every] = (said**2).sum(axis=1)
    system[:, :classes, classes] = system[:, classes, :classes] = 1
    right = np.zeros((len(pairs), classes + 1, 1))
    right[:, classes] = 1
    found = np.clip(np.linalg.solve(system, right)[:, :classes, 0], 0, None)
    return np.asarray(found / found.sum(axis=1, keepdims=True))
