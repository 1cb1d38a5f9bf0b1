"""The models that a sweep tries: one pipeline's shape, and the settings of each grid."""

from itertools import product
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from dnsanom.model.knn import WeightedKNeighborsClassifier
from dnsanom.model.nystroem import NystroemSVC
from dnsanom.model.resolution import Resolution
from dnsanom.model.svm import CalibratedSVC
from dnsanom.params import Sweep
from dnsanom.schema import FEATURES

MODELS = ("knn", "svm")
Setting = dict[str, Any]
#: Hyperparameters whose larger value makes the smoother, hence simpler, model.
_LARGER_IS_SIMPLER = ("n_neighbors",)
_SIMPLEST_FIRST = ("uniform", "distance", "linear", "nystroem", "rbf", "poly", "scale", "auto")


def pipeline(
    view: str, model: str, setting: Setting, features: list[str], resolution: float | None = 0.01
) -> Pipeline:
    """An unfitted pipeline that takes a frame of the view's features and learns from the chosen ones."""
    return Pipeline([*head(view, features, resolution).steps, ("model", estimator(model, setting))])


def head(view: str, features: list[str], resolution: float | None) -> Pipeline:
    """What comes before the model: chosen features, log(1 + x) where the schema says so, rounding to steps of
    `resolution`, standard scaling."""
    logged = {f.name for f in FEATURES[view] if f.log}
    columns = ColumnTransformer(
        [
            (
                "log",
                FunctionTransformer(np.log1p, feature_names_out="one-to-one"),
                [f for f in features if f in logged],
            ),
            ("plain", "passthrough", [f for f in features if f not in logged]),
        ],
        verbose_feature_names_out=False,
    )
    return Pipeline([("columns", columns), ("round", Resolution(resolution)), ("scale", StandardScaler())])


def estimator(model: str, setting: Setting) -> BaseEstimator:
    """The unfitted classifier.

    Classes are not weighted: training rows are drawn with rare attacks over-represented already, and balanced
    weights made the machine cry wolf (macro-F1 0.64 against 0.74 on validation rows of a simulated day).
    """
    if model == "knn":
        return WeightedKNeighborsClassifier(**setting)
    if takes_many(setting):
        return NystroemSVC(**{name: value for name, value in setting.items() if name != "kernel"})
    return CalibratedSVC(**setting)


def takes_many(setting: Setting) -> bool:
    """Whether the time that a support vector machine takes grows with its rows, not with their square."""
    return bool(setting.get("kernel") == "nystroem")


def grid(sweep: Sweep, model: str) -> list[Setting]:
    """Every combination of the model's hyperparameters, the simplest first."""
    table: dict[str, Any] = getattr(sweep, model).model_dump()
    settings = [dict(zip(table, values, strict=True)) for values in product(*table.values())]
    return sorted(settings, key=complexity)


def complexity(setting: Setting) -> list[tuple[int, float]]:
    """Sorts the simplest setting first."""
    return [_rank(name, value) for name, value in setting.items()]


def _rank(name: str, value: Any) -> tuple[int, float]:
    if isinstance(value, str):
        place = _SIMPLEST_FIRST.index(value) if value in _SIMPLEST_FIRST else len(_SIMPLEST_FIRST)
        return (0, place)
    return (1, -value if name in _LARGER_IS_SIMPLER else value)
