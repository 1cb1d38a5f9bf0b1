"""What the report says of the chosen model beside its F1: one part a question."""

import json
from typing import Any

import pandas as pd

from dnsanom.detect.merge import Merging
from dnsanom.model import alerts, hardest
from dnsanom.model.bundle import Bundle
from dnsanom.model.calibration import reliability
from dnsanom.model.leftout import left_out
from dnsanom.model.randomsplit import random_split
from dnsanom.model.resampled import f1_intervals
from dnsanom.model.sampled import at_rates
from dnsanom.model.scoring import likeliest
from dnsanom.settings import Settings


def of_rows(
    bundle: Bundle, rows: pd.DataFrame, answers: pd.DataFrame, merging: Merging, seed: int
) -> dict[str, Any]:
    """What labelled rows and the answers to them are enough for."""
    threshold = float(bundle.card["threshold"])
    flagged = alerts.raised(rows, answers, threshold, merging)
    return {
        "f1_intervals": f1_intervals(rows, likeliest(answers), seed),
        "curve": alerts.curve(rows, answers, threshold, merging),
        "calibration": reliability(rows, answers),
        "misses": hardest.misses(rows, answers, flagged, bundle),
        "false_alerts": hardest.false_alerts(rows, answers, flagged, bundle),
    }


def of_training(
    settings: Settings,
    bundle: Bundle,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    test: pd.DataFrame,
    merging: Merging,
) -> dict[str, Any]:
    """What the setting has to be fitted again for."""
    return {
        "random_split": random_split(settings, bundle, train, validation, test),
        "left_out": left_out(settings, bundle, train, validation, test, merging),
        "sampling": at_rates(settings, bundle, test, merging),
        "features": _features(settings, bundle),
    }


def _features(settings: Settings, bundle: Bundle) -> dict[str, Any]:
    """The features that the model sees, with the scores that the data set's preparation gave each."""
    told = settings.dataset(bundle.card["view"]) / "features.json"
    scores = json.loads(told.read_text()).get("scores", {})
    return {name: scores.get(name) for name in bundle.card["features"]}
