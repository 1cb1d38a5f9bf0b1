"""The score from which a row is an alert, set by what analysts can look at.

A false alert is a run of flagged benign rows of one pair, no more than `merge_seconds` apart. Detection may
merge further (many pairs of one scanner are one incident), so this count is an upper bound. The threshold
is the lowest from which on upwards the false alerts expected a day stay within the budget, half-way
between two scores seen on validation rows, and never below one half: an alert says that an attack is
likelier than not.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnsanom.model.distinct import Floats
from dnsanom.schema import BENIGN

LEAST = 0.5
_DAY = 86_400.0


@dataclass(frozen=True)
class Threshold:
    """The score, the false alerts a day to expect from it, and whether that is within the budget."""

    score: float
    false_alerts_per_day: float
    within_budget: bool


def decide(scored: pd.DataFrame, threshold: float) -> pd.Series:
    """Vector of each row: the most probable attack where the score reaches the threshold, else benign."""
    return scored["vector"].where(scored["score"] >= threshold, BENIGN)


def days(rows: pd.DataFrame) -> float:
    """Days that the rows span, at least one minute."""
    seen = pd.to_datetime(rows["first_seen"])
    return max(float((seen.max() - seen.min()).total_seconds()), 60.0) / _DAY


def count_alerts(rows: pd.DataFrame, flagged: NDArray[np.bool_], merge_seconds: float) -> int:
    """Alerts that the flagged rows make: runs of a pair no more than `merge_seconds` apart."""
    return _runs(*_by_pair(rows[flagged]), merge_seconds)


def choose(rows: pd.DataFrame, score: Floats, budget: float, merge_seconds: float) -> Threshold:
    """The threshold for a budget of false alerts a day, on validation rows and their scores.

    When even the highest score breaks the budget, the highest is taken and `within_budget` is false.
    """
    suspect = (rows["vector"] == BENIGN).to_numpy() & (score >= LEAST)
    found, span = rows[suspect].assign(score=score[suspect]), days(rows)

    def alerts(least: float) -> int:
        return count_alerts(found, (found["score"] >= least).to_numpy(), merge_seconds)

    for step in np.unique(score[suspect])[::-1]:
        if alerts(step) > budget * span:
            higher = score[score > step]
            chosen = (step + higher.min()) / 2 if len(higher) else step
            return Threshold(float(chosen), alerts(chosen) / span, bool(len(higher)))
    return Threshold(LEAST, alerts(LEAST) / span, True)


def _by_pair(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Number of the pair and second of each row, in order of both."""
    pair, seconds = _pairs(rows), _seconds(rows)
    order = np.lexsort((seconds, pair))
    return pair[order], seconds[order]


def _pairs(rows: pd.DataFrame) -> Floats:
    client, _ = pd.factorize(rows["client"])
    server, servers = pd.factorize(rows["server"])
    return np.asarray(client.astype(np.float64) * max(len(servers), 1) + server)


def _seconds(rows: pd.DataFrame) -> Floats:
    seen = pd.to_datetime(rows["first_seen"], utc=True)
    return np.asarray((seen - pd.Timestamp(0, tz="UTC")).dt.total_seconds(), dtype=np.float64)


def _runs(pair: Floats, seconds: Floats, merge_seconds: float) -> int:
    if not len(pair):
        return 0
    new = (np.diff(pair) != 0) | (np.diff(seconds) > merge_seconds)
    return 1 + int(new.sum())
