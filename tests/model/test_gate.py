"""The gate's verdicts."""

import pytest

from dnsanom.model.gate import verdict
from dnsanom.model.scoring import Metrics
from dnsanom.params import Gate


def figures(macro_f1: float, tunnel: float = 0.5, support: int = 10) -> Metrics:
    return {
        "macro_f1": macro_f1,
        "rows": 1_000,
        "vectors": {"benign": {"f1": 0.9, "support": 900}, "tunnel": {"f1": tunnel, "support": support}},
        "false_alerts_per_day": 12.0,
        "episodes": {"tunnel": {"episodes": 4, "flagged": 3, "named": 2}},
    }


def test_the_first_champion_needs_no_rival() -> None:
    found = verdict(figures(0.1), None, Gate())
    assert found.promote
    assert found.reasons == ("first champion: macro-F1 0.1000 on 1,000 test rows",)


@pytest.mark.parametrize(
    ("new", "old", "min_gain", "promote"),
    [
        (0.80, 0.79, 0.0, True),
        (0.80, 0.80, 0.0, False),
        (0.79, 0.80, 0.0, False),
        (0.80, 0.79, 0.01, False),
        (0.80, 0.78, 0.01, True),
    ],
)
def test_a_candidate_must_gain_more_than_the_least(
    new: float, old: float, min_gain: float, promote: bool
) -> None:
    found = verdict(figures(new), figures(old), Gate(min_gain=min_gain))
    assert found.promote is promote
    assert f"macro-F1 {new:.4f} against the champion's {old:.4f}" in found.reasons[0]
    assert f"gate.min_gain {min_gain:g}" in found.reasons[0]


def test_reasons_name_what_gained_and_what_lost() -> None:
    reasons = verdict(figures(0.8, tunnel=0.7), figures(0.7, tunnel=0.5), Gate()).reasons
    assert "better: tunnel +0.20" in reasons
    assert any("episodes found 3 of 4" in reason for reason in reasons)
    assert "worse: tunnel -0.20" in verdict(figures(0.8, 0.5), figures(0.7, 0.7), Gate()).reasons


def test_without_attacks_there_is_nothing_to_compare() -> None:
    for champion in (None, figures(0.2)):
        found = verdict(figures(1.0, support=0), champion, Gate())
        assert not found.promote
        assert "no attack" in found.reasons[0]
