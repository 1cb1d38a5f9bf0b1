"""The parts of the report: what was left out, what sampling hides, what probabilities are worth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from synthetic import rows
from test_bundle import bundle

from dnsanom.detect.merge import merging
from dnsanom.model import hardest, sampled
from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.calibration import reliability
from dnsanom.model.evaluate import candidates
from dnsanom.model.examined import of_rows
from dnsanom.model.frames import load
from dnsanom.model.leftout import left_out
from dnsanom.model.randomsplit import random_split
from dnsanom.model.resampled import f1_intervals
from dnsanom.model.sampled import at_rates, invisible
from dnsanom.model.scoring import confusion, macro_f1
from dnsanom.settings import Settings


def parts(settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    train, validation, test = (load(settings, "window", part) for part in sampled.PARTS)
    return train, validation, test


def knn(settings: Settings) -> Bundle:
    return candidates(settings, "window")["knn"]


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_a_vector_left_out_is_never_named(trained: Settings, model: str) -> None:
    made = candidates(trained, "window")[model]
    told = left_out(trained, made, *parts(trained), merging(trained.params))
    assert set(told) == {"tunnel", "scan", "water_torture"}
    for vector, row in told.items():
        assert vector not in row["taken_for"]
        assert row["unknown"] + sum(row["taken_for"].values()) == pytest.approx(row["found"], abs=1e-5)
        assert row["episodes_unknown"] <= row["episodes_found"] <= row["episodes"]
    assert told["scan"]["unknown"] > 0.5


def test_every_sampling_rate_is_told(trained: Settings) -> None:
    test = load(trained, "window", "test")
    told = at_rates(trained, knn(trained), test, merging(trained.params))
    assert list(told) == ["100", "1000"]
    assert told["100"]["rows"] > told["1000"]["rows"]
    for figures in told.values():
        assert sum(edge["episodes"] for edge in figures["visible"].values()) == test["episode"].nunique()


def edge(found: list[bool]) -> dict[str, object]:
    index = pd.MultiIndex.from_tuples(
        [("tunnel", str(n)) for n in range(len(found))], names=["vector", "episode"]
    )
    strength = [10.0 * (n + 1) for n in range(len(found))]
    return dict(invisible(pd.DataFrame({"strength": strength, "found": found}, index))["tunnel"])


def test_what_is_invisible_is_said_by_strength() -> None:
    assert edge([True, True])["kind"] == "all"
    assert edge([True, True])["strength"] == 10
    assert edge([False, False]) == {"episodes": 2, "found": 0, "kind": "none", "strength": 20}
    told = edge([False, False, True, True, True])
    # Of the four weakest half are found, of the three weakest fewer.
    assert (told["kind"], told["strength"], told["below"], told["below_found"]) == ("under", 40, 3, 1)
    assert edge([True, True, False])["kind"] == "mixed"


def test_a_random_split_gives_the_setting_what_it_is_asked_about(trained: Settings) -> None:
    told = random_split(trained, knn(trained), *parts(trained))
    assert 0 < told["macro_f1"] <= 1
    assert told == random_split(trained, knn(trained), *parts(trained))


def test_reliability_by_hand() -> None:
    frame = pd.DataFrame({"vector": ["benign", "scan", "scan", "scan"]})
    answers = pd.DataFrame({"benign": [0.95, 0.95, 0.15, 0.15]})
    told = reliability(frame, answers)
    assert told["bins"] == [
        {"given": 0.05, "attacks": 0.5, "rows": 2},
        {"given": 0.85, "attacks": 1.0, "rows": 2},
    ]
    assert told["error"] == pytest.approx((2 * 0.45 + 2 * 0.15) / 4)


def test_intervals_hold_the_figure_and_narrow_with_more_episodes() -> None:
    few, many = rows({"benign": 100, "scan": 60}, 1), rows({"benign": 1_000, "scan": 600}, 1)
    widths = []
    for frame in (few, many):
        wrong = np.random.default_rng(2).random(len(frame)) < 0.2
        said = frame["vector"].where(~wrong, "tunnel")
        low, high = f1_intervals(frame, said, 7)["macro"]
        assert low <= macro_f1(confusion(frame["vector"], said)) <= high
        widths.append(high - low)
    assert widths[1] < widths[0]


def test_the_hardest_cases_are_attacks_that_no_alert_holds_and_alerts_without_an_attack(
    trained: Settings,
) -> None:
    made, test = knn(trained), load(trained, "window", "test")
    test.loc[test.index[:40], ["query_bpp", "answered"]] = 5_000.0
    answers, merge = predict(made, test), merging(trained.params)
    told = of_rows(made, test, answers, merge, 7)
    assert all(row["vector"] != "benign" for row in told["misses"])
    assert len({(row["client"], row["time"]) for row in told["misses"]}) == len(told["misses"])
    assert told["false_alerts"]
    assert all(row["vector"] == "benign" for row in told["false_alerts"])
    scores = [row["score"] for row in told["false_alerts"]]
    assert scores == sorted(scores, reverse=True)


def test_a_row_is_told_by_what_is_furthest_from_usual() -> None:
    made = bundle()
    usual = {name: [2.0, 1.0] for name in made.card["features"]}
    plain = rows({"benign": 1}, 1).iloc[0].to_dict() | dict.fromkeys(usual, 2.0)
    known = replace(made, card=made.card | {"usual": usual})
    told = hardest.in_words(plain | {"fan_out": 90.0, "query_bpp": 40.0}, known)
    assert told.startswith("fan out 90 servers (usually 2); query bpp 40 bytes/packet (usually 2)")
