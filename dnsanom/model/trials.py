"""One trial a setting: fitted on the training rows, asked about the distinct validation rows."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from dnsanom.model.asked import said, scores
from dnsanom.model.candidates import Setting, estimator, takes_many
from dnsanom.model.distinct import Floats, Indices, in_parts
from dnsanom.model.knn import WeightedKNeighborsClassifier
from dnsanom.model.neighbours import narrowed
from dnsanom.model.task import Task


@dataclass(frozen=True)
class Trial:
    """A setting's fitted model; for the distinct validation rows the most probable of VECTORS and the score;
    and the seconds that it took."""

    setting: Setting
    model: BaseEstimator
    answer: Indices
    score: Floats
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
        fitted = estimator("knn", {**same[0], "n_neighbors": most})
        fitted.fit(task.train.rows, task.train.of, task.train.weight)
        models = [copy(fitted).set_params(**setting) for setting in same]
        fitted_at = time.perf_counter()
        answers = in_parts(partial(_votes, fitted, models), task.asked.rows)
        seconds = (time.perf_counter() - fitted_at) / len(same)
        for place, (setting, model) in enumerate(zip(same, models, strict=True)):
            answer = answers[:, 0, place].astype(np.intp)
            yield Trial(
                setting, model, answer, answers[:, 1, place], (fitted_at - start) / len(same), seconds
            )


def _votes(
    fitted: WeightedKNeighborsClassifier, models: list[WeightedKNeighborsClassifier], rows: Floats
) -> Floats:
    """Answer and score of each model for each row (n, 2, models), from one table of neighbourhoods."""
    told, weight = np.empty((len(rows), 2, len(models))), fitted.counts_.sum(axis=1)
    largest_first = sorted(enumerate(models), key=lambda each: -each[1].n_neighbors)
    for found in fitted.near(rows, fitted.n_neighbors):
        for k, same in groupby(largest_first, key=lambda each: each[1].n_neighbors):
            found = narrowed(found, weight, k)
            for place, model in same:
                chances = model.vote(found)
                told[found.rows, 0, place] = said(model.classes_, chances)
                told[found.rows, 1, place] = scores(model.classes_, chances)
    return told


def _svm(settings: list[Setting], task: Task) -> Iterator[Trial]:
    """Fits run side by side, one a processor: libsvm and matrix products leave Python's lock."""
    asked = task.asked
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        fits = [(setting, pool.submit(_fit_svm, setting, task)) for setting in settings]
        for setting, fit in fits:
            model, seconds = fit.result()
            start = time.perf_counter()
            margins = in_parts(model.margins, asked.rows)
            model.calibrate(margins[asked.row], asked.names(), asked.count)
            chances = model.chances(margins)
            answer, score = said(model.classes_, chances), scores(model.classes_, chances)
            yield Trial(setting, model, answer, score, seconds, time.perf_counter() - start)


def _fit_svm(setting: Setting, task: Task) -> tuple[BaseEstimator, float]:
    start = time.perf_counter()
    train = task.many if takes_many(setting) else task.few
    model = estimator("svm", setting).fit(train.rows, train.of, train.weight)
    return model, time.perf_counter() - start
