"""The score from which a row is part of an alert, set by what analysts can look at.

Alerts are counted as detection counts them: flagged rows of a pair become windows, and windows become
incidents. The threshold is the lowest of the scores tried at which the false alerts expected a day stay
within the budget, half-way between two scores of validation rows, and never below one half: an alert says
that an attack is likelier than not.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dnsanom.detect.merge import PAIR, Merging
from dnsanom.detect.vectors import majority
from dnsanom.model.distinct import Floats
from dnsanom.model.traffic import SHARE
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
    """Days of all clients' traffic that the rows are worth: what they span, at least one minute, times the
    share of benign rows that the split left of that time (`frames.load` knows it; 1 without)."""
    seen = rows["first_seen"]
    span = max(float((seen.max() - seen.min()).total_seconds()), 60.0) / _DAY
    return span * float(rows.attrs.get(SHARE, 1.0))


def windowed(flagged: pd.DataFrame, merging: Merging) -> pd.DataFrame:
    """The rows with `window`, the start of the window that each begins in (epoch s)."""
    seconds = flagged["first_seen"].dt.as_unit("s").astype("int64")
    return flagged.assign(window=seconds // merging.window_seconds * merging.window_seconds)


def incidents(rows: pd.DataFrame, merging: Merging, **more: tuple[str, str]) -> pd.DataFrame:
    """Windows of the pairs of flagged rows, numbered by the incident that each is part of, as detection does.

    rows: client, server, window, packet_count, and the vector and score given. Columns beside those of
    `merging.incidents` are `packets`, summed, and what `more` asks of the rows: column and function.
    """
    sums = rows.groupby(PAIR).agg(score=("score", "max"), packets=("packet_count", "sum"), **more)
    return merging.incidents(sums.join(majority(rows, PAIR)).reset_index())


def count_alerts(flagged: pd.DataFrame, merging: Merging) -> int:
    """Alerts made of benign rows alone: an alert that an attack has a part in is no false one.

    `flagged` has client, server, first_seen, packet_count, the vector and score given, and `benign`.
    """
    if not flagged["benign"].any():
        return 0
    merged = incidents(windowed(flagged, merging), merging, benign=("benign", "all"))
    alerts = merged.groupby("incident").agg(
        windows=("window", "size"), packets=("packets", "sum"), benign=("benign", "all")
    )
    false = alerts[alerts["benign"]]
    return sum(map(merging.alerted, false["windows"], false["packets"]))


def false_alerts(rows: pd.DataFrame, scored: pd.DataFrame, threshold: float, merging: Merging) -> float:
    """Alerts a day that are made of benign rows alone."""
    return count_alerts(_flagged(rows, scored, threshold), merging) / days(rows)


def choose(
    rows: pd.DataFrame, scored: pd.DataFrame, budget: float, merging: Merging, least: float = LEAST
) -> Threshold:
    """The threshold for a budget of false alerts a day, on validation rows and the answers to them.

    It is never below `least`.
    When even the highest score breaks the budget, the highest is taken and `within_budget` is false.
    """
    flagged, span = _flagged(rows, scored, least), days(rows)
    steps = _steps(flagged.loc[flagged["benign"], "score"].to_numpy())

    def alerts(step: float) -> float:
        return count_alerts(flagged[flagged["score"] >= step], merging) / span

    held, broken = -1, len(steps)
    while broken - held > 1:
        middle = (held + broken) // 2
        held, broken = (middle, broken) if alerts(steps[middle]) <= budget else (held, middle)
    score = least if broken == len(steps) else _between(steps, held, scored["score"].to_numpy())
    expected = alerts(score)
    return Threshold(score, expected, expected <= budget)


def _flagged(rows: pd.DataFrame, scored: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Rows that reach the threshold, with the vector and score that they were given.

    Of attack rows, only those that share a host with a benign row: others can't be in one incident with it.
    """
    reached, benign = scored["score"] >= threshold, rows["vector"] == BENIGN
    suspects = rows[reached & benign]
    near = rows["client"].isin(suspects["client"]) | rows["server"].isin(suspects["server"])
    wanted = reached & (benign | near)
    kept = rows.loc[wanted, ["client", "server", "first_seen", "packet_count"]].assign(benign=benign[wanted])
    return kept.join(scored.loc[wanted, ["vector", "score"]])


def _steps(scores: Floats) -> Floats:
    """Scores to try, highest first: those at ranks that grow by a quarter, so about thirty."""
    ordered = np.sort(scores)[::-1]
    ranks = np.unique(np.geomspace(1, max(len(ordered), 1), 40).astype(int)) - 1
    return np.unique(ordered[ranks[: len(ordered)]])[::-1] if len(ordered) else ordered


def _between(steps: Floats, held: int, scores: Floats) -> float:
    """Half-way from the lowest step that held to the next lower score; without one, above the highest step.

    When no score is above the highest step, that step: nothing lower would hold either.
    """
    if held >= 0:
        return float((steps[held] + scores[scores < steps[held]].max()) / 2)
    higher = scores[scores > steps[0]]
    return float((steps[0] + higher.min()) / 2) if len(higher) else float(steps[0])
