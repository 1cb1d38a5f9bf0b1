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
from dnsanom.model.knn import CountedNeighbors, Neighbours
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
        start = time.perf_counter()
        fitted = estimator("knn", same[0]).fit(task.train, task.train_vector)
        fit_seconds = time.perf_counter() - start
        table = _table(fitted, task.rows, max(s["n_neighbors"] for s in same))
        shared = (time.perf_counter() - start - fit_seconds) / len(same)
        for setting in same:
            start = time.perf_counter()
            model = copy(fitted).set_params(**setting)
            chances = model.vote(model.narrowed(task.rows, table, model.n_neighbors))
            yield Trial(setting, model, chances, fit_seconds, shared + time.perf_counter() - start)


def _table(fitted: CountedNeighbors, rows: Floats, k: int) -> Neighbours:
    def ask(part: Floats) -> Floats:
        near = fitted.nearest(part, k)
        return np.stack((near.distances, near.points), axis=1)

    answer = in_parts(ask, rows)
    return Neighbours(answer[:, 0], answer[:, 1].astype(np.intp))


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
