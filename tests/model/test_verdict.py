"""The report's words: what is found, where a baseline wins and what is hidden, each said outright."""

from dataclasses import replace
from typing import Any

import pytest

from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.elsewhere import examine
from dnsanom.model.evaluate import candidates
from dnsanom.model.evaluation import Evaluation
from dnsanom.model.frames import load
from dnsanom.model.report.names import listed, rate
from dnsanom.model.report.page import page
from dnsanom.model.report.pictures import pictures
from dnsanom.model.report.verdict import hidden, sentences
from dnsanom.schema import BENIGN
from dnsanom.settings import Settings


@pytest.fixture(scope="module")
def done(trained: Settings) -> Evaluation:
    return examine(trained, knn(trained), load(trained, "window", "test"), "the test rows")


def knn(settings: Settings) -> Bundle:
    return candidates(settings, "window")["knn"]


def with_f1(done: Evaluation, own: float, trees: float) -> Evaluation:
    models = {"knn": done.best | {"macro_f1": own}}
    baselines = {"boosted trees": done.baselines["boosted trees"] | {"macro_f1": trees}}
    return replace(done, models=models, baselines=baselines)


def test_it_begins_with_episodes_and_what_they_cost(done: Evaluation) -> None:
    first = sentences(done)[0]
    found = done.best["episode_recall"]
    assert f"{found['found']} of {found['episodes']} attack episodes" in first
    assert "the budget of 100" in first


@pytest.mark.parametrize(
    ("each", "low", "told"),
    [
        (100.0, 60.0, ": within the budget of 100."),
        (159.0, 73.0, " (95 % interval 73 to 302): over the budget of 100, which chance alone may do."),
        (300.0, 180.0, ": over the budget of 100."),
    ],
)
def test_false_alerts_over_the_budget_are_told_from_chance(
    done: Evaluation, each: float, low: float, told: str
) -> None:
    alerts = {"false_alerts_per_day": each, "false_alerts_low": low, "false_alerts_high": 302.0}
    first = sentences(replace(done, models={**done.models, done.chosen: done.best | alerts}))[0]
    assert told in first


def test_a_baseline_that_wins_is_named(done: Evaluation) -> None:
    wins = "A baseline wins: boosted trees, macro-F1 0.900, against kNN, 0.800."
    assert wins in sentences(with_f1(done, 0.8, 0.9))
    told = sentences(with_f1(done, 0.95, 0.9))
    assert "No baseline has a better macro-F1 than its 0.950; boosted trees comes nearest, 0.900." in told


def test_a_random_split_is_said_to_flatter(done: Evaluation) -> None:
    own = done.best["macro_f1"]
    more = replace(done, parts={"random_split": {"macro_f1": own + 0.1}})
    assert any("that flatters by 0.100" in sentence for sentence in sentences(more))


def test_what_sampling_hides_is_said_with_its_strength() -> None:
    edge: dict[str, Any] = {"kind": "under", "strength": 2_340.0, "below": 5, "below_found": 1}
    assert hidden("tunnel", edge) == "tunnel under 2.34 kB/s (1 of 5 found)"
    assert hidden("scan", {"kind": "none", "strength": 7.3}) == "scan at all (up to 7.3 B/s tried)"
    assert hidden("scan", {"kind": "all", "strength": 7.3}) is None


def test_rows_without_an_attack_have_a_page_too(trained: Settings) -> None:
    rows = load(trained, "window", "test")
    calm = rows[rows["vector"] == BENIGN].reset_index(drop=True)
    made = examine(trained, knn(trained), calm, "calm rows")
    assert sentences(made)[0].startswith("These rows hold no attack.")
    assert predict(knn(trained), calm)["score"].between(0, 1).all()
    assert "These rows hold no attack" in page(made, pictures(made))


def test_the_page_needs_nothing_from_elsewhere_and_says_what_its_pictures_show(done: Evaluation) -> None:
    told = page(done, pictures(done))
    assert "://" not in told.replace("http-equiv", "")
    assert told.count("<img") == told.count(' alt="') == 5
    assert told.index('class="note') < told.index('class="verdict"') < told.index("<table")


def test_numbers_read_well() -> None:
    assert [rate(x) for x in (None, 7.31, 2_340.0, 1.2e6)] == ["–", "7.31 B/s", "2.34 kB/s", "1.2 MB/s"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
