"""A support vector machine for rows too many for libsvm: the rbf kernel by landmarks, and linear machines.

Source of the kernel map: Williams & Seeger, "Using the Nyström Method to Speed Up
Kernel Machines", NIPS 2001.
"""

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from sklearn.base import BaseEstimator
from sklearn.kernel_approximation import Nystroem
from sklearn.utils.validation import check_is_fitted, validate_data

from dnsanom.model.calibrated import told_apart, width
from dnsanom.model.distinct import Floats
from dnsanom.model.tempered import Tempered

#: Rows that are mapped at once: with 100 landmarks, 7 MB.
_BLOCK = 8_192
#: Steps of the solver at most: more fit the training rows closer, and validation rows no better.
_MOST_STEPS = 100


class NystroemSVC(Tempered, BaseEstimator):  # type: ignore[misc]
    """One-vs-rest linear machines over `n_components` landmarks drawn from the distinct rows.

    Time and memory grow with the distinct rows, not with their square. `calibrate` sets `temperature_`.
    """

    def __init__(
        self,
        C: float = 1.0,
        gamma: float | Literal["scale", "auto"] = "scale",
        n_components: int = 100,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit on rows (n, d), their classes (n,) and weights (n,), 1 without."""
        seen = told_apart(self, X, y, sample_weight)
        self.map_ = Nystroem(
            gamma=width(self.gamma, seen.rows, seen.weight),
            n_components=min(self.n_components, len(seen.rows)),
            random_state=self.random_state,
        ).fit(seen.rows)
        self.classes_, self.temperature_ = np.unique(seen.of), 1.0
        sign = np.where(seen.of[:, None] == self.classes_, 1.0, -1.0)
        self.coef_ = _linear(_with_one(self.map_.transform(seen.rows)), sign, self.C * seen.weight)
        return self

    def margins(self, X: ArrayLike) -> Floats:
        """One-vs-rest margins (n, classes)."""
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float64, reset=False))
        parts = [self._block(rows[i : i + _BLOCK]) for i in range(0, len(rows), _BLOCK)]
        return np.concatenate(parts)

    def _block(self, rows: Floats) -> Floats:
        return np.asarray(_with_one(self.map_.transform(rows)) @ self.coef_)


def _with_one(mapped: Floats) -> Floats:
    """Mapped rows with a last column of 1, whose coefficient is the intercept."""
    return np.column_stack((mapped, np.ones(len(mapped))))


def _linear(mapped: Floats, sign: Floats, cost: Floats) -> Floats:
    """Coefficients (m, classes) of one machine a class, as `LinearSVC(dual=False)` has them.

    The loss is half the squared coefficients and `cost` (n,) times the squared hinge, `sign` (n, classes) +1
    for rows of the class, else -1. All classes are one problem in matrix products, which takes seconds where
    liblinear's sparse rows take a minute.
    """
    shape = (mapped.shape[1], sign.shape[1])

    def loss(flat: Floats) -> tuple[float, Floats]:
        coef = flat.reshape(shape)
        short = np.maximum(1 - sign * (mapped @ coef), 0)
        gradient = coef - 2 * mapped.T @ (cost[:, None] * sign * short)
        return 0.5 * float(flat @ flat) + float(cost @ (short * short).sum(axis=1)), gradient.ravel()

    found = minimize(
        loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS}
    )
    return np.asarray(found.x.reshape(shape))
