"""One trial a setting: fitted on the training rows, asked about the distinct validation rows."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from dnsanom.model.candidates import Setting, estimator
from dnsanom.model.distinct import Floats, Indices, in_parts
from dnsanom.model.svm import CalibratedSVC

Vectors = NDArray[np.str_]


@dataclass(frozen=True)
class Task:
    """Scaled training rows and their vectors; scaled distinct validation rows, and which of them and which
    vector each validation row is."""

    train: Floats
    train_vector: Vectors
    rows: Floats
    inverse: Indices
    vector: Vectors


@dataclass(frozen=True)
class Trial:
    """A setting's fitted model, its class probabilities of the distinct validation rows, and its times."""

    setting: Setting
    model: BaseEstimator
    chances: Floats
    fit_seconds: float
    predict_seconds: float


def run_trials(model: str, settings: list[Setting], task: Task) -> Iterator[Trial]:
    """Trials of all settings, in no particular order."""
    return _knn(settings, task) if model == "knn" else _svm(settings, task)


def _knn(settings: list[Setting], task: Task) -> Iterator[Trial]:
    """One fit and one table of neighbours a metric; each setting is charged its share of the time."""
    for metric in dict.fromkeys(s["metric"] for s in settings):
        same = [s for s in settings if s["metric"] == metric]
        most = max(s["n_neighbors"] for s in same)
        start = time.perf_counter()
        fitted = estimator("knn", {**same[0], "n_neighbors": most}).fit(task.train, task.train_vector)
        models = [copy(fitted).set_params(**setting) for setting in same]
        fit_seconds = time.perf_counter() - start

        def ask(rows: Floats, fitted: BaseEstimator = fitted, models: list[BaseEstimator] = models) -> Floats:
            chances = np.empty((len(rows), len(models), len(fitted.classes_)))
            for found in fitted.near(rows, fitted.n_neighbors):
                for place, model in enumerate(models):
                    chances[found.rows, place] = model.vote(found)
            return chances

        answers = in_parts(ask, task.rows)
        shared = (time.perf_counter() - start - fit_seconds) / len(same)
        for place, (setting, model) in enumerate(zip(same, models, strict=True)):
            yield Trial(setting, model, answers[:, place], fit_seconds, shared)


def _svm(settings: list[Setting], task: Task) -> Iterator[Trial]:
    """Fits run side by side, one a processor: libsvm leaves Python's lock."""
    cells = pd.DataFrame({"row": task.inverse, "vector": task.vector}).value_counts().reset_index()
    vector, weight = cells["vector"].to_numpy(dtype=str), cells["count"].to_numpy(dtype=np.float64)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        fits = [(setting, pool.submit(_fit_svm, setting, task)) for setting in settings]
        for setting, fit in fits:
            model, seconds = fit.result()
            start = time.perf_counter()
            margins = in_parts(model.margins, task.rows)
            model.calibrate(margins[cells["row"]], vector, weight)
            yield Trial(setting, model, model.chances(margins), seconds, time.perf_counter() - start)


def _fit_svm(setting: Setting, task: Task) -> tuple[CalibratedSVC, float]:
    start = time.perf_counter()
    model = estimator("svm", setting).fit(task.train, task.train_vector)
    return model, time.perf_counter() - start
