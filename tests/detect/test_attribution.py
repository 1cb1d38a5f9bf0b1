"""Shares of a score: what they add up to, and that they see through features which tell the same story."""

import pandas as pd
import pytest

from dnsanom.detect.attribution import PLAYERS, shares
from dnsanom.model import candidates
from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.novelty import Novelty
from dnsanom.schema import BENIGN, UNKNOWN, feature_names

CALM = dict.fromkeys(feature_names("window"), 0.0) | {"query_packets": 2.0, "query_bpp": 72.0}
BUSY, LARGE = {"query_packets": 200.0}, {"query_bpp": 230.0}
#: Many packets or large ones, either is enough; fan_out says nothing.
KINDS = [({}, BENIGN), (BUSY, "tunnel"), (LARGE, "tunnel"), (BUSY | LARGE, "tunnel")]


def bundle(features: list[str] | None = None) -> Bundle:
    """One nearest neighbour that has learned `KINDS`."""
    seen = features or ["query_packets", "query_bpp", "fan_out"]
    rows = pd.DataFrame([{**CALM, **what, "fan_out": n} for what, _ in KINDS for n in (1.0, 9.0)])
    vectors = pd.Series([vector for _, vector in KINDS for _ in range(2)])
    setting = {"n_neighbors": 1, "weights": "uniform", "metric": "euclidean"}
    pipeline = candidates.pipeline("window", "knn", setting, seen).fit(rows, vectors)
    usual = {name: [CALM[name], 1.0] for name in feature_names("window")}
    novelty = Novelty().fit(pipeline[:-1].transform(rows), vectors).calibrate(1.0)
    return Bundle(pipeline, {"view": "window", "features": seen, "usual": usual}, novelty)


def told(model: Bundle, vector: str = "tunnel", **features: float) -> dict[str, float]:
    (found,) = shares(model, pd.DataFrame([{**CALM, **features, "vector": vector}]))
    return found


def test_two_that_tell_the_same_share_what_neither_shows_alone() -> None:
    model = bundle()
    for alone in (BUSY, LARGE):
        assert predict(model, pd.DataFrame([CALM | alone]))["score"].item() > 0.95
    assert told(model, **BUSY, **LARGE) == {"query_packets": 0.5, "query_bpp": 0.5, "fan_out": 0}


def test_one_that_differs_has_it_all() -> None:
    assert told(bundle(), **BUSY) == {"query_packets": 1, "query_bpp": 0, "fan_out": 0}


def test_what_raises_a_score_sums_up_to_one() -> None:
    for features in (BUSY, LARGE, BUSY | LARGE | {"fan_out": 40.0}):
        assert sum(max(share, 0) for share in told(bundle(), **features).values()) == pytest.approx(1)


def test_usual_traffic_has_no_shares() -> None:
    assert set(told(bundle()).values()) == {0.0}


def test_of_unknown_alerts_novelty_is_told() -> None:
    found = told(bundle(), UNKNOWN, fan_out=1e9)
    assert found == {"query_packets": 0, "query_bpp": 0, "fan_out": 1}


def test_of_many_features_those_nearest_to_usual_are_told_together() -> None:
    names = feature_names("window")
    found = told(bundle(names), **BUSY, **LARGE)
    assert len(names) > PLAYERS
    assert list(found)[:2] == ["query_packets", "query_bpp"]
    assert sum(found.values()) == pytest.approx(1, abs=0.01)
    assert found["query_packets"] == found["query_bpp"] == 0.5


def test_many_peaks_are_told_each_as_alone() -> None:
    model, rows = bundle(), [CALM | BUSY, CALM | LARGE, CALM | BUSY | LARGE]
    together = shares(model, pd.DataFrame([{**row, "vector": "tunnel"} for row in rows]))
    assert together == [told(model, **row) for row in rows]
