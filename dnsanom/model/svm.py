"""A support vector machine with probabilities: scikit-learn's SVC on distinct rows, its pairs coupled.

`SVC(probability=True)` is deprecated, fits five times over and may contradict its own predictions. Equal rows
are one row here with their summed weight, which libsvm takes as that many rows: the machine is the same, and
the time grows with the square of the distinct rows only.
"""

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted, validate_data

from dnsanom.model.calibrated import told_apart, width
from dnsanom.model.coupled import Coupled
from dnsanom.model.distinct import Floats

#: Rows whose kernel values are held at once: with 5,000 support vectors, 10 MB.
_BLOCK = 256


class CalibratedSVC(Coupled, BaseEstimator):  # type: ignore[misc]
    """SVC with `predict_proba`; margins are computed as matrix products, several times faster than libsvm's.

    `calibrate` sets the sigmoids of the pairs of classes.
    """

    def __init__(
        self,
        C: float = 1.0,
        kernel: Literal["rbf", "linear", "poly"] = "rbf",
        gamma: float | Literal["scale", "auto"] = "scale",
        cache_size: float = 200,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.gamma = gamma
        self.cache_size = cache_size

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit on rows (n, d), their classes (n,) and weights (n,), 1 without."""
        seen = told_apart(self, X, y, sample_weight)
        gamma = width(self.gamma, seen.rows, seen.weight)
        self.svc_ = SVC(C=self.C, kernel=self.kernel, gamma=gamma, cache_size=self.cache_size)
        self.svc_.fit(seen.rows, seen.of, seen.weight)
        self.classes_ = self.svc_.classes_
        self.neutral()
        return self

    def margins(self, X: ArrayLike) -> Floats:
        """Margins of each pair of classes (n, pairs), positive for the pair's first class; as
        `decision_function` of an SVC with shape "ovo" gives them, but for the sign if there is one pair."""
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float64, reset=False))
        weights = _pair_weights(self.svc_)
        pairs = [self._pairwise(rows[i : i + _BLOCK], weights) for i in range(0, len(rows), _BLOCK)]
        return np.concatenate(pairs)

    def _pairwise(self, X: Floats, weights: Floats) -> Floats:
        return np.asarray(self._kernel(X) @ weights + _sign(self.svc_) * self.svc_.intercept_)

    def _kernel(self, X: Floats) -> Floats:
        """Kernel values (n, support vectors)."""
        vectors, gamma = self.svc_.support_vectors_, self.svc_._gamma
        products = X @ vectors.T
        if self.kernel == "linear":
            return np.asarray(products)
        if self.kernel == "poly":
            return np.asarray((gamma * products) ** self.svc_.degree)
        products *= 2
        products -= (X * X).sum(axis=1)[:, None]
        products -= (vectors * vectors).sum(axis=1)
        products *= gamma
        np.exp(products, out=products)
        return np.asarray(products)


def _pair_weights(svc: SVC) -> Floats:
    """Weight of each support vector in each pair of classes (vectors, pairs), from libsvm's packed form."""
    ends = np.cumsum(svc.n_support_)
    of = [slice(end - n, end) for end, n in zip(ends, svc.n_support_, strict=True)]
    columns = []
    for i in range(len(of)):
        for j in range(i + 1, len(of)):
            column = np.zeros(len(svc.support_vectors_))
            column[of[i]] = svc.dual_coef_[j - 1, of[i]]
            column[of[j]] = svc.dual_coef_[i, of[j]]
            columns.append(column)
    return np.column_stack(columns) * _sign(svc)


def _sign(svc: SVC) -> int:
    """-1 for two classes: scikit-learn publishes the two-class machine as favouring the second."""
    return -1 if len(svc.classes_) == 2 else 1
