"""Margins as probabilities: a softmax whose temperature is learnt on rows that the machine was not fitted on.

The most probable class stays the one with the largest margin, which `SVC(probability=True)` does not promise.
Source of temperature scaling: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from dnsanom.model.distinct import Cells, Floats, cells

Gamma = float | str


class Tempered(ClassifierMixin):  # type: ignore[misc]
    """A classifier of `margins`; `fit` sets `classes_`, and `temperature_` to 1 until it is calibrated."""

    classes_: NDArray[Any]
    temperature_: float

    @abstractmethod
    def margins(self, X: ArrayLike) -> Floats:
        """Margins (n, classes)."""

    def calibrate(self, margins: Floats, y: NDArray[np.str_], weight: Floats) -> Self:
        """Set the temperature under which held-out rows, each counted `weight` times, are likeliest."""
        known = np.isin(y, self.classes_)
        place = np.searchsorted(self.classes_, y[known])
        margins, weight = margins[known], weight[known]

        def loss(log_temperature: float) -> float:
            chances = log_softmax(margins / np.exp(log_temperature), axis=1)
            return float(-(weight * chances[np.arange(len(place)), place]).sum())

        self.temperature_ = float(np.exp(minimize_scalar(loss, bounds=(-5, 3), method="bounded").x))
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities (n, classes)."""
        return self.chances(self.margins(X))

    def chances(self, margins: Floats) -> Floats:
        """Probabilities (n, classes) of margins."""
        return np.asarray(softmax(margins / self.temperature_, axis=1))

    def predict(self, X: ArrayLike) -> NDArray[np.str_]:
        """The class with the largest margin."""
        best = self.margins(X).argmax(axis=1)
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
