"""The chosen setting, fitted once more on other rows: without a vector, on sampled packets, at random."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from dnsanom.detect.merge import Merging
from dnsanom.model.asked import Asked
from dnsanom.model.bundle import Bundle, scored
from dnsanom.model.distinct import in_parts
from dnsanom.model.novelty import Novelty, calibrated
from dnsanom.model.task import Task, task
from dnsanom.model.threshold import Threshold, choose
from dnsanom.model.trials import Trial, run_trials
from dnsanom.params import Detect
from dnsanom.settings import Settings


def refit(
    settings: Settings,
    bundle: Bundle,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    merging: Merging,
) -> Bundle:
    """The bundle's setting fitted on other training rows, its threshold and limit chosen on other validation
    rows, all as the sweep does."""
    what, trial = fitted(settings, bundle, train, validation)
    known, _, chosen = alertable(what, trial, what.asked, validation, settings.params.detect, merging)
    return Bundle(pipeline(what, trial), bundle.card | {"threshold": chosen.score}, known)


def alertable(
    what: Task, trial: Trial, whole: Asked, validation: pd.DataFrame, detect: Detect, merging: Merging
) -> tuple[Novelty, pd.DataFrame, Threshold]:
    """What a trial needs to raise alerts: limit of novelty, answers to validation rows, threshold.

    whole: what is asked of each of the validation rows, in their order.
    """
    known = calibrated(what.train, whole, validation, detect.unknown_alerts_per_day, merging)
    answers = answered(trial, whole, known, validation.index)
    return known, answers, choose(validation, answers, detect.false_alerts_per_day, merging)


def pipeline(what: Task, trial: Trial) -> Pipeline:
    """A trial's model with all that comes before it."""
    return Pipeline([*what.before.steps, ("model", trial.model)])


def fitted(
    settings: Settings, bundle: Bundle, train: pd.DataFrame, validation: pd.DataFrame
) -> tuple[Task, Trial]:
    """The bundle's setting and features, fitted on training rows and asked about validation rows."""
    card, params = bundle.card, settings.params
    what = task(
        train,
        validation,
        card["view"],
        card["features"],
        params.sweep,
        params.dataset.seed,
        card["resolution"],
    )
    (trial,) = run_trials(card["model"], [card["setting"]], what)
    return what, trial


def answered(trial: Trial, what: Asked, known: Novelty, index: pd.Index) -> pd.DataFrame:
    """A trial's answers to all the rows that were asked about, as `predict` gives them."""
    chances = in_parts(trial.model.predict_proba, what.rows)
    answers = scored(chances, [str(c) for c in trial.model.classes_], *known.judged(what.rows))
    return answers.iloc[np.asarray(what.inverse)].set_index(index)
