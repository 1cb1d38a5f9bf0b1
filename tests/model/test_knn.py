"""Weighted neighbours: their definition in brute force, and scikit-learn's on the repeated rows."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from dnsanom.model.knn import WeightedKNeighborsClassifier

Rows = NDArray[np.float64]
METRICS = ("euclidean", "manhattan", "chebyshev")
GRID = list(product((1, 3, 8, 40), ("uniform", "distance"), METRICS))
every_setting = pytest.mark.parametrize(("k", "weights", "metric"), GRID)


@parametrize_with_checks(
    [
        WeightedKNeighborsClassifier(),
        WeightedKNeighborsClassifier(3, "distance", "manhattan"),
        WeightedKNeighborsClassifier(1, metric="chebyshev"),
    ]
)
def test_is_an_estimator_as_scikit_learn_wants_it(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


def lattice(n: int, seed: int, step: float = 0.75) -> tuple[Rows, NDArray[np.str_]]:
    """Rows on a lattice, so that many are equal and many as far as others; three classes that mix."""
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 3, n)
    rows = np.round((rng.normal(size=(n, 3)) + place[:, None]) / step) * step
    return rows, np.array(["a", "b", "c"])[place]


def brute(X: Rows, y: NDArray[Any], weight: Rows, row: Rows, k: int, weights: str, metric: str) -> Rows:
    """Votes of one row's neighbours as the definition has them."""
    power = {"euclidean": 2, "manhattan": 1, "chebyshev": np.inf}[metric]
    far = np.linalg.norm(X - row, ord=power, axis=1)
    edge = next(d for d in np.unique(far) if weight[far <= d].sum() >= k)
    left = k - weight[far < edge].sum()
    part = weight * ((far < edge) + (far == edge) * min(left / weight[far == edge].sum(), 1))
    if weights == "distance":
        part = part * (far == 0) if (far == 0).any() else part / far
    votes = np.array([part[y == name].sum() for name in np.unique(y)])
    return np.asarray(votes / votes.sum())


@every_setting
def test_follows_its_definition(k: int, weights: str, metric: str) -> None:
    X, y = lattice(700, 0)
    rows, _ = lattice(150, 1)
    weight = np.random.default_rng(2).choice([0.25, 1, 2.5, 40], len(X))
    ours = WeightedKNeighborsClassifier(k, weights, metric).fit(X, y, weight)  # type: ignore[arg-type]
    assert len(ours.points_) < len(X) / 2
    expected = [brute(X, y, weight, row, k, weights, metric) for row in rows]
    np.testing.assert_allclose(ours.predict_proba(rows), expected, atol=1e-12)


def settled(peer: KNeighborsClassifier, rows: Rows, y: NDArray[Any]) -> NDArray[np.bool]:
    """Rows whose answer does not depend on the training rows' order: all as far as the k-th are of one class,
    or none but those up to it are."""
    far, places = peer.kneighbors(rows, len(y))
    k = peer.n_neighbors
    on = far == far[:, k - 1 : k]
    beyond = far[:, min(k, far.shape[1] - 1)] > far[:, k - 1]
    one_class = [len(set(y[place[tied]])) == 1 for place, tied in zip(places, on, strict=True)]
    return np.asarray(beyond | one_class)


@every_setting
def test_equals_scikit_learn_on_the_repeated_rows(k: int, weights: str, metric: str) -> None:
    X, y = lattice(400, 3, 0.1)
    times = np.random.default_rng(4).integers(0, 6, len(X))
    rows, _ = lattice(300, 5, 0.1)
    rows[:30] = X[:30]
    X_all, y_all = X.repeat(times, axis=0), y.repeat(times)
    peer = KNeighborsClassifier(k, weights=weights, metric=metric, algorithm="kd_tree").fit(X_all, y_all)
    ours = WeightedKNeighborsClassifier(k, weights, metric).fit(X, y, times)  # type: ignore[arg-type]
    sure = settled(peer, rows, y_all)
    assert sure.mean() > 0.4
    chances = peer.predict_proba(rows[sure])
    np.testing.assert_allclose(ours.predict_proba(rows[sure]), chances, atol=1e-12)
    clear = np.diff(np.sort(chances, axis=1)[:, -2:], axis=1)[:, 0] > 1e-12
    assert (ours.predict(rows[sure]) == peer.predict(rows[sure]))[clear].all()


@every_setting
def test_equals_scikit_learn_on_rows_without_repeats(k: int, weights: str, metric: str) -> None:
    rng = np.random.default_rng(6)
    X, y, rows = rng.normal(size=(600, 4)), rng.choice(["a", "b", "c"], 600), rng.normal(size=(300, 4))
    rows[:20] = X[:20]
    peer = KNeighborsClassifier(k, weights=weights, metric=metric).fit(X, y)
    ours = WeightedKNeighborsClassifier(k, weights, metric).fit(X, y)  # type: ignore[arg-type]
    np.testing.assert_allclose(ours.predict_proba(rows), peer.predict_proba(rows), atol=1e-12)
    assert (ours.predict(rows) == peer.predict(rows)).all()


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_ties_are_the_mean_over_all_orders_of_scikit_learns_rows(weights: str) -> None:
    X, y = np.array([[-1.0], [1.0], [1.0], [0.1], [-1.0], [5.0]]), np.array(["a", "b", "c", "c", "a", "b"])
    ours = WeightedKNeighborsClassifier(3, weights).fit(X, y).predict_proba([[0.0]])  # type: ignore[arg-type]
    told = []
    for seed in range(3_000):
        order = np.random.default_rng(seed).permutation(len(X))
        peer = KNeighborsClassifier(3, weights=weights, algorithm="brute").fit(X[order], y[order])
        told.append(peer.predict_proba([[0.0]])[0])
    np.testing.assert_allclose(ours[0], np.mean(told, axis=0), atol=0.03)
    assert np.std(told, axis=0).max() > 0.04


def test_the_order_of_rows_makes_no_difference() -> None:
    X, y = lattice(900, 7)
    order = np.random.default_rng(8).permutation(len(X))
    rows, _ = lattice(200, 9)
    one = WeightedKNeighborsClassifier(15, "distance").fit(X, y)
    other = WeightedKNeighborsClassifier(15, "distance").fit(X[order], y[order])
    assert (one.predict_proba(rows) == other.predict_proba(rows)).all()


@pytest.mark.parametrize("k", [0, 9])
def test_neighbours_that_there_are_not_are_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"n_neighbors={k}: must be 1 or more and at most"):
        WeightedKNeighborsClassifier(k).fit([[0.0], [1.0], [2.0]], ["a", "b", "a"])


def test_one_table_answers_as_each_setting_would_alone() -> None:
    X, y = lattice(800, 10)
    rows = np.unique(lattice(400, 11)[0], axis=0)
    settings = [{"n_neighbors": k, "weights": w, "metric": m} for k, w, m in GRID]
    models = {m: WeightedKNeighborsClassifier(40, metric=m).fit(X, y) for m in METRICS}  # type: ignore[arg-type]
    for setting in settings:
        alone = WeightedKNeighborsClassifier(**setting).fit(X, y).predict_proba(rows)
        model = clone(models[setting["metric"]]).set_params(**setting).fit(X, y)
        from_table = np.empty(alone.shape)
        for found in models[setting["metric"]].near(rows, 40):
            from_table[found.rows] = model.vote(found)
        np.testing.assert_allclose(from_table, alone, atol=1e-12)
