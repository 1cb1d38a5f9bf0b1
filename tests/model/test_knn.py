"""Counted neighbours against scikit-learn's, and all settings from one table."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from dnsanom.model.knn import CountedNeighbors
from dnsanom.model.trials import Task, run_trials

GRID = [(k, w, m) for k in (1, 3, 8) for w in ("uniform", "distance") for m in ("euclidean", "manhattan")]


def blobs(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 3, n)
    return rng.normal(size=(n, 4)) + 2 * place[:, None], np.array(["a", "b", "c"])[place]


@pytest.mark.parametrize(("k", "weights", "metric"), GRID)
def test_equals_scikit_learn_on_rows_without_repeats(k: int, weights: str, metric: str) -> None:
    X, y = blobs(600, 0)
    rows, _ = blobs(300, 1)
    rows[:20] = X[:20]
    peer = KNeighborsClassifier(k, weights=weights, metric=metric).fit(X, y)
    ours = CountedNeighbors(k, weights, metric).fit(X, y)  # type: ignore[arg-type]
    np.testing.assert_allclose(ours.predict_proba(rows), peer.predict_proba(rows), atol=1e-12)
    assert (ours.predict(rows) == peer.predict(rows)).all()


def test_repeats_of_one_class_are_counted_as_rows() -> None:
    X, y = blobs(200, 0)
    times = np.random.default_rng(2).integers(1, 6, len(X))
    rows, _ = blobs(100, 1)
    peer = KNeighborsClassifier(7).fit(X.repeat(times, axis=0), y.repeat(times))
    ours = CountedNeighbors(7).fit(X.repeat(times, axis=0), y.repeat(times))
    assert len(ours.points_) == 200
    np.testing.assert_allclose(ours.predict_proba(rows), peer.predict_proba(rows))


def test_equal_rows_of_two_classes_share_the_vote() -> None:
    X = np.array([[0.0]] * 4 + [[5.0]] * 4)
    y = np.array(["a", "a", "a", "b", "b", "b", "b", "b"])
    for weights in ("uniform", "distance"):
        chances = CountedNeighbors(2, weights).fit(X, y).predict_proba([[0.0], [0.1]])  # type: ignore[arg-type]
        np.testing.assert_allclose(chances, [[0.75, 0.25]] * 2)


def test_one_table_answers_as_each_setting_would_alone() -> None:
    rng = np.random.default_rng(3)
    X, y = rng.integers(0, 5, (800, 3)).astype(float), rng.choice(["a", "b"], 800)
    rows = np.unique(rng.integers(0, 6, (400, 3)), axis=0).astype(float)
    settings = [{"n_neighbors": k, "weights": w, "metric": m} for k, w, m in GRID]
    task = Task(X, y, rows, np.arange(len(rows)), np.full(len(rows), "a"))
    trials = list(run_trials("knn", settings, task))
    assert len(trials) == len(GRID)
    for trial in trials:
        alone = CountedNeighbors(**trial.setting).fit(X, y).predict_proba(rows)
        np.testing.assert_allclose(trial.chances, alone, atol=1e-12)
        assert (trial.model.predict_proba(rows) == alone).all()


def test_points_as_far_as_the_last_share_what_is_left() -> None:
    X, y = np.array([[-1.0], [1.0], [1.0], [0.1]]), np.array(["a", "b", "b", "c"])
    chances = CountedNeighbors(3).fit(X, y).predict_proba([[0.0]])
    np.testing.assert_allclose(chances, [[2 / 9, 4 / 9, 1 / 3]])


def test_more_neighbours_than_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="n_neighbors=9: must be at most the 3 training rows"):
        CountedNeighbors(9).fit([[0.0], [1.0], [2.0]], ["a", "b", "a"])
