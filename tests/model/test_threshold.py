"""The threshold and the budget of false alerts."""

import numpy as np
import pandas as pd
import pytest

from dnsanom.dataset.networks import prefixes
from dnsanom.detect.merge import Merging
from dnsanom.model.threshold import LEAST, choose, count_alerts, days, decide, false_alerts

MERGING = Merging(300, 60, prefixes([]), lone_packets=20)
START = pd.Timestamp("2026-03-02T00:00:00Z")


def answers(scores: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"score": scores, "vector": "tunnel"})


def day(n: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A day of rows of as many pairs, a tenth of them tunnels, which score higher."""
    rng = np.random.default_rng(seed)
    attack = rng.random(n) < 0.1
    rows = pd.DataFrame(
        {
            "client": [f"198.18.{i // 250}.{i % 250}" for i in range(n)],
            "server": [f"198.51.{i % 250}.{i // 250}" for i in range(n)],
            "first_seen": START + pd.to_timedelta(np.linspace(0, 86_400, n), unit="s"),
            "vector": np.where(attack, "tunnel", "benign"),
            "packet_count": 20,
        }
    )
    return rows, answers(rng.beta(2, 2, n) * 0.8 + 0.2 * attack)


@pytest.mark.parametrize("budget", [1, 5, 20, 100])
def test_the_budget_is_met_and_used(budget: float) -> None:
    rows, scored = day(5_000)
    chosen = choose(rows, scored, budget, MERGING)
    assert chosen.within_budget
    assert chosen.false_alerts_per_day == false_alerts(rows, scored, chosen.score, MERGING)
    assert budget * 0.6 - 1 <= chosen.false_alerts_per_day <= budget


def test_a_budget_that_is_never_reached_leaves_one_half() -> None:
    rows, scored = day(1_000)
    assert choose(rows, scored, 1e6, MERGING).score == LEAST


def test_scores_that_can_not_be_told_apart_break_the_budget_and_say_so() -> None:
    rows, _ = day(1_000)
    chosen = choose(rows, answers(np.ones(1_000)), 1, MERGING)
    assert not chosen.within_budget
    assert chosen.score == 1
    assert chosen.false_alerts_per_day > 1


def test_nothing_suspect() -> None:
    rows, _ = day(100)
    chosen = choose(rows, answers(np.zeros(100)), 1, MERGING)
    assert (chosen.score, chosen.false_alerts_per_day, chosen.within_budget) == (LEAST, 0, True)


def test_windows_of_a_pair_close_together_are_one_alert() -> None:
    seconds = np.array([0, 60, 240, 2_000, 2_060])
    flagged = pd.DataFrame(
        {
            "client": "198.18.0.1",
            "server": "203.0.113.1",
            "first_seen": START + pd.to_timedelta(seconds, unit="s"),
            "vector": "tunnel",
            "score": 1.0,
            "packet_count": 1,
            "benign": True,
        }
    )
    assert count_alerts(flagged, MERGING) == 2
    assert count_alerts(flagged.iloc[:1], MERGING) == 0
    assert count_alerts(flagged.iloc[:1].assign(packet_count=20), MERGING) == 1
    assert count_alerts(flagged.iloc[:0], MERGING) == 0


def test_benign_rows_in_the_middle_of_an_attack_are_no_false_alert() -> None:
    flagged = pd.DataFrame(
        {
            "client": [f"198.18.0.{n}" for n in range(10)],
            "server": "203.0.113.1",
            "first_seen": START,
            "vector": "flood",
            "score": 1.0,
            "packet_count": 30,
            "benign": [True] * 4 + [False] * 6,
        }
    )
    assert count_alerts(flagged, MERGING) == 0
    assert count_alerts(flagged[flagged["benign"]], MERGING) == 1


def test_decision() -> None:
    said = decide(answers(np.array([0.2, 0.8, 0.79])), 0.8)
    assert list(said) == ["benign", "tunnel", "benign"]


def test_a_day_is_a_day() -> None:
    assert days(day(100)[0]) == pytest.approx(1)
