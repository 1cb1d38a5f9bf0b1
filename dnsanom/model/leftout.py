"""A vector that no label names: what becomes of each vector when the model never learnt it.

The chosen setting is fitted on the training rows less one vector. The threshold stays; the limit of novelty
is set so that as large a share of benign validation rows is beyond it as before, so that it costs analysts
the same. Then the vector's test rows are scored: found at all, as unknown, or taken for another vector.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from dnsanom.detect.merge import Merging
from dnsanom.model import alerts
from dnsanom.model.bundle import Bundle, predict, scaled
from dnsanom.model.novelty import Novelty
from dnsanom.model.refit import fitted, pipeline
from dnsanom.model.threshold import decide
from dnsanom.schema import BENIGN, UNKNOWN
from dnsanom.settings import Settings

#: Benign validation rows that the limit is set on; more of them move it in the third digit.
ROWS = 20_000


def left_out(
    settings: Settings,
    bundle: Bundle,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    test: pd.DataFrame,
    merging: Merging,
) -> dict[str, dict[str, Any]]:
    """For each vector of test and training rows, what is said of its test rows by a model that lacks it."""
    benign = validation[validation["vector"] == BENIGN]
    benign = benign.iloc[:: max(1, -(-len(benign) // ROWS))]
    beyond = float((bundle.novelty.novelty(scaled(bundle, benign)) > 1).mean())
    told = {}
    for vector in _vectors(train, test):
        without = _without(settings, bundle, train[train["vector"] != vector], benign, beyond)
        rows = test[test["vector"] == vector]
        told[vector] = _told(rows, predict(without, rows), float(bundle.card["threshold"]), merging)
    return told


def _vectors(train: pd.DataFrame, test: pd.DataFrame) -> Iterator[str]:
    """Attacks that can be left out: there are test rows of them, and another attack to learn."""
    learnt = set(train["vector"]) - {BENIGN}
    for vector in sorted(set(test["vector"]) & learnt):
        if len(learnt) > 1:
            yield vector


def _without(
    settings: Settings, bundle: Bundle, train: pd.DataFrame, benign: pd.DataFrame, beyond: float
) -> Bundle:
    what, trial = fitted(settings, bundle, train, benign)
    known = Novelty().fit(what.train.rows, what.train.of, what.train.weight)
    far = known.distance(what.asked.rows)[what.asked.inverse]
    known.calibrate(float(np.quantile(far, 1 - beyond)))
    return Bundle(pipeline(what, trial), bundle.card, known)


def _told(rows: pd.DataFrame, answers: pd.DataFrame, threshold: float, merging: Merging) -> dict[str, Any]:
    said = decide(answers, threshold)
    shares = said.value_counts(normalize=True)
    table = alerts.episodes(rows, alerts.raised(rows, answers, threshold, merging), merging)
    others = shares.drop([BENIGN, UNKNOWN], errors="ignore")
    return {
        "rows": len(rows),
        "found": round(1 - float(shares.get(BENIGN, 0)), 6),
        "unknown": round(float(shares.get(UNKNOWN, 0)), 6),
        "taken_for": {str(v): round(float(share), 6) for v, share in others.items()},
        "episodes": len(table),
        "episodes_found": int(table["found"].sum()),
        "episodes_unknown": int(table["unknown"].sum()),
    }
