"""A classifier whose margins become probabilities by what rows that it was not fitted on say of them."""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from dnsanom.model.distinct import Cells, Floats, Indices, cells

Gamma = float | str


class Calibrated(ClassifierMixin):  # type: ignore[misc]
    """A classifier of `margins`; `fit` sets `classes_`, and what `calibrate` learns to a neutral value."""

    classes_: NDArray[Any]

    @abstractmethod
    def margins(self, X: ArrayLike) -> Floats:
        """Margins of rows (n, d): a column for each of the decisions that are taken (n, decisions)."""

    @abstractmethod
    def chances(self, margins: Floats) -> Floats:
        """Probabilities (n, classes) of margins (n, decisions)."""

    @abstractmethod
    def learn(self, margins: Floats, place: Indices, weight: Floats) -> None:
        """Learn from margins (n, decisions), the places of their classes (n,) and their weights (n,)."""

    def calibrate(self, margins: Floats, y: NDArray[np.str_], weight: Floats) -> Self:
        """Learn from held-out rows, each counted `weight` times; classes never fitted do not count."""
        known = np.isin(y, self.classes_)
        self.learn(margins[known], np.searchsorted(self.classes_, y[known]), weight[known])
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities (n, classes)."""
        return self.chances(self.margins(X))

    def predict(self, X: ArrayLike) -> NDArray[np.str_]:
        """The most probable class."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])


def width(gamma: Gamma, points: Floats, weight: Floats) -> float:
    """A kernel's gamma as a number; `scale` and `auto` as scikit-learn has them of the repeated rows."""
    if not isinstance(gamma, str):
        return gamma
    mean = np.average(points, weights=weight, axis=0).mean()
    spread = float(np.average((points - mean) ** 2, weights=weight, axis=0).mean())
    return float(1 / (points.shape[1] * (spread if gamma == "scale" and spread else 1)))


def told_apart(model: BaseEstimator, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Cells:
    """What a model is to be fitted on, checked; rows of weight 0 are not there. Raises ValueError."""
    rows, of = map(np.asarray, validate_data(model, X, y, dtype=np.float64))
    check_classification_targets(of)
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    seen = cells(rows, of, weight)
    if len(np.unique(seen.of)) < 2:
        raise ValueError(f"{type(model).__name__}: needs rows of two classes, there is one class")
    return seen
