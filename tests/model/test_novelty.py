"""Novelty: far from all labelled rows is unknown, within the share of the budget that is for it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from synthetic import rows
from test_bundle import bundle

from dnsanom.dataset.networks import prefixes
from dnsanom.detect.merge import Merging
from dnsanom.model.bundle import LEAN, predict, scaled, scored
from dnsanom.model.novelty import Novelty, limit, nearest
from dnsanom.model.threshold import choose, decide, false_alerts

MERGING = Merging(300, 60, prefixes([]), 0)
COUNTS = {"benign": 600, "tunnel": 60}


@parametrize_with_checks([Novelty()])
def test_it_is_an_estimator_of_scikit_learn(estimator: Novelty, check: object) -> None:
    assert callable(check)
    check(estimator)


def test_distance_is_to_the_nearest_labelled_row() -> None:
    rng = np.random.default_rng(0)
    known, asked = rng.normal(size=(300, 3)), rng.normal(size=(50, 3))
    made = Novelty().fit(known, ["benign"] * 300).calibrate(0.5)
    plain = np.linalg.norm(asked[:, None] - known[None], axis=2)
    np.testing.assert_allclose(made.distance(asked), plain.min(axis=1))
    np.testing.assert_allclose(made.novelty(asked), plain.min(axis=1) / 0.5)
    assert (made.novelty(known) == 0).all()


def test_equal_rows_are_kept_once_with_their_weight_and_all_their_vectors() -> None:
    made = Novelty().fit([[0.0], [1.0], [0.0], [0.0]], ["scan", "scan", "benign", "scan"])
    assert made.rows_.tolist() == [[0], [0], [1]]
    assert made.of_.tolist() == ["benign", "scan", "scan"]
    assert made.weight_.tolist() == [1, 2, 1]


def test_many_rows_are_thinned_alike_whatever_their_order() -> None:
    known = np.arange(1_000.0)[:, None]
    turned = np.random.default_rng(1).permutation(known)
    one, two = (Novelty(most=300).fit(X, ["scan"] * 1_000) for X in (known, turned))
    assert len(one.rows_) == 250
    assert (one.rows_ == two.rows_).all()
    assert one.distance(known).max() <= 4


@pytest.mark.parametrize("budget", [6.0, 30.0, 120.0])
def test_the_limit_keeps_unknown_alerts_within_their_budget(budget: float) -> None:
    frame = rows(COUNTS, 3)
    far = np.random.default_rng(2).exponential(size=len(frame))
    found = limit(frame, far, budget, MERGING)
    scored = pd.DataFrame({"score": (far > found) * 1.0, "vector": "unknown"}, index=frame.index)
    assert false_alerts(frame, scored, 0.5, MERGING) <= budget
    assert found >= np.quantile(far[frame["vector"] == "benign"], 0.99)


def test_what_is_far_from_everything_is_unknown_and_alerted_whatever_the_threshold() -> None:
    made, frame = bundle(), rows(COUNTS, 4)
    strange = frame.head(5).assign(tcp_share=4_000.0, query_bpp=2.0)
    answers = predict(made, pd.concat([frame, strange], ignore_index=True))
    last = answers.tail(5)
    assert (last["novelty"] > 1).all()
    assert (last["score"] == 1).all()
    assert (decide(last, 1.0) == "unknown").all()
    assert (answers["vector"] == "unknown").equals(answers["novelty"] > 1)
    assert answers["score"].between(0, 1).all()


def test_the_threshold_counts_what_is_unknown() -> None:
    made, frame = bundle(), rows(COUNTS, 4)
    frame.loc[frame["vector"] == "benign", "tcp_share"] += 4_000.0
    chosen = choose(frame, predict(made, frame), 10, MERGING)
    assert not chosen.within_budget


def test_rows_of_equal_probability_are_told_apart_by_what_is_nearer() -> None:
    known = Novelty().fit([[0.0], [4.0]], ["benign", "scan"]).calibrate(10)
    novelty, leaning = known.judged([[0.0], [1.0], [3.0], [4.0], [8.0]])
    assert novelty.tolist() == pytest.approx([0, 0.1, 0.1, 0, 0.4])
    assert leaning.tolist() == pytest.approx([0, 1 / 4.1, 3 / 4.1, 4 / 4.1, 8 / 12.1])
    sure = np.tile([0.0, 1.0], (5, 1))
    answers = scored(sure, ["benign", "scan"], novelty, leaning)["score"]
    assert answers.nunique() == 5
    assert answers.between(1 - LEAN, 1).all()


def test_where_nothing_is_benign_all_leans_to_attacks() -> None:
    assert Novelty().fit([[0.0]], ["scan"]).judged([[3.0]])[1].tolist() == [1]


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_the_nearest_labelled_rows_of_a_row(model: str) -> None:
    made, frame = bundle(model), rows(COUNTS, 5).set_index(np.arange(1_000, 1_660))
    found = nearest(made, frame, 3)
    assert list(found.columns) == ["row", "vector", "distance", "weight"]
    assert found["row"].tolist() == np.repeat(frame.index, 3).tolist()
    first = found.drop_duplicates("row")
    np.testing.assert_allclose(first["distance"], made.novelty.distance(scaled(made, frame)))
    assert found.groupby("row")["distance"].apply(lambda far: far.is_monotonic_increasing).all()
    tunnels = first.loc[(frame["vector"] == "tunnel").to_numpy(), "vector"]
    assert (tunnels == "tunnel").mean() > 0.8
