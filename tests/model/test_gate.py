"""The gate's verdicts."""

from dataclasses import replace

import pytest

from dnsanom.model.gate import Budget, Check, Tried, Verdict, broken, verdict
from dnsanom.model.paired import Gain
from dnsanom.params import Gate

BUDGET = Budget(per_day=20, days=0.5)


def tried(
    macro_f1: float, tunnel: float = 0.5, support: int = 10, alerts: float = 12.0, speed: float = 90_000
) -> Tried:
    figures = {
        "macro_f1": macro_f1,
        "rows": 1_000,
        "vectors": {"benign": {"f1": 0.9, "support": 900}, "tunnel": {"f1": tunnel, "support": support}},
        "false_alerts_per_day": alerts,
        "episodes": {"tunnel": {"episodes": 4, "flagged": 3, "named": 2}},
    }
    return Tried(figures, speed, 100_000)


def judge(
    new: Tried, old: Tried | None, gate: Gate | None = None, low: float | None = None, budget: Budget = BUDGET
) -> Verdict:
    if old is None:
        return verdict(new, None, None, gate or Gate(), budget)
    value = round(new.metrics["macro_f1"] - old.metrics["macro_f1"], 6)
    gain = Gain(value, value / 2 if low is None else low, value + 0.01)
    return verdict(new, old, gain, gate or Gate(), budget)


def test_the_first_champion_needs_no_rival() -> None:
    found = judge(tried(0.1), None)
    assert found.promote
    assert found.reasons[0] == "first champion: macro-F1 0.1000 on 1,000 test rows"


@pytest.mark.parametrize(
    ("new", "old", "min_gain", "low", "promote"),
    [
        (0.80, 0.79, 0.0, None, True),
        (0.80, 0.79, 0.0, -0.001, False),
        (0.80, 0.80, 0.0, None, False),
        (0.79, 0.80, 0.0, None, False),
        (0.80, 0.79, 0.01, None, False),
        (0.80, 0.77, 0.01, None, True),
    ],
)
def test_a_candidate_must_surely_gain_more_than_the_least(
    new: float, old: float, min_gain: float, low: float | None, promote: bool
) -> None:
    found = judge(tried(new), tried(old), Gate(min_gain=min_gain), low)
    assert found.promote is promote
    assert f"macro-F1 {new:.4f} against the champion's {old:.4f}" in found.reasons[0]
    assert f"gate.min_gain {min_gain:g}" in found.reasons[0]
    assert "95 % interval" in found.reasons[0]


def test_reasons_name_what_gained_and_what_lost() -> None:
    reasons = judge(tried(0.8, tunnel=0.7), tried(0.7, tunnel=0.5)).reasons
    assert "better: tunnel +0.20" in reasons
    assert any("episodes found 3 of 4" in reason for reason in reasons)
    assert "worse: tunnel -0.05" in judge(tried(0.8, 0.5), tried(0.7, 0.55)).reasons


def test_no_vector_may_lose_more_than_the_margin() -> None:
    found = judge(tried(0.8, 0.5), tried(0.7, 0.7))
    assert not found.promote
    assert found.reasons[0] == "F1 falls by more than gate.max_vector_loss 0.1: tunnel -0.20"
    assert judge(tried(0.8, 0.5), tried(0.7, 0.7), Gate(max_vector_loss=0.2)).promote


def test_more_false_alerts_than_the_budget_and_the_champion_keep_it_out() -> None:
    loud, louder, calm = tried(0.8, alerts=60), tried(0.7, alerts=80), tried(0.7, alerts=10)
    found = judge(loud, calm)
    assert not found.promote
    assert found.reasons[0].startswith("false alerts a day 60, over the budget of 20, the champion's 10")
    assert judge(loud, louder).promote
    assert judge(loud, None).promote
    assert any("over the budget" in reason for reason in judge(loud, None).reasons)


def test_what_chance_makes_of_the_budget_does_not_break_it() -> None:
    assert not broken(22, Budget(20, 0.25))
    assert broken(22, Budget(20, 1_000))
    assert "within, but for chance, the budget" in " ".join(judge(tried(0.8, alerts=24), None).reasons)


@pytest.mark.parametrize("champion", [None, tried(0.2)])
def test_slow_and_large_models_are_no_champions(champion: Tried | None) -> None:
    slow = judge(tried(0.9, speed=10), champion)
    large = judge(replace(tried(0.9), size=10**9), champion)
    assert not slow.promote
    assert slow.reasons[0].startswith("10 rows/s")
    assert not large.promote
    assert large.reasons[0] == "1,000,000,000 bytes: over gate.max_model_bytes 50,000,000"


@pytest.mark.parametrize(
    ("candidate", "first_reason"),
    [
        (tried(0.1), "meant"),
        (tried(0.9, alerts=60), "false alerts a day 60, over the budget of 20"),
        (tried(0.9, speed=10), "10 rows/s"),
        (replace(tried(0.9), size=10**9), "1,000,000,000 bytes: over"),
    ],
)
def test_apart_from_the_champion_all_bounds_hold_that_need_no_rival(
    candidate: Tried, first_reason: str
) -> None:
    meant = Check("window_seconds", True, "meant", 30, 60)
    found = verdict(candidate, None, None, Gate(), BUDGET, meant)
    assert found.promote is (first_reason == "meant")
    assert found.reasons[0].startswith(first_reason)
    assert not any("first champion" in reason for reason in found.reasons)
    unmeant = verdict(candidate, None, None, Gate(), BUDGET, replace(meant, ok=False))
    assert not unmeant.promote
    assert unmeant.reasons[0] == "meant"


def test_without_attacks_there_is_nothing_to_compare() -> None:
    for champion in (None, tried(0.2)):
        found = judge(tried(1.0, support=0), champion)
        assert not found.promote
        assert "no attack" in found.reasons[0]


def test_a_verdict_is_told_with_its_checks() -> None:
    told = judge(tried(0.8), tried(0.7)).told()
    names = ["macro_f1", "vectors", "false_alerts_per_day", "rows_per_second", "bytes"]
    assert [check["name"] for check in told["checks"]] == names
    assert (told["promote"], told["checks"][0]["champion"]) == (True, 0.7)
