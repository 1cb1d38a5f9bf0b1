"""Pairs of classes coupled to one distribution: against a solver, and what each pair's rows teach it."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from dnsanom.model.coupled import Coupled, coupled
from dnsanom.model.distinct import Floats


class Pairs(Coupled):
    """Its rows are their margins."""

    def __init__(self, classes: int) -> None:
        self.classes_ = np.array([f"class {n}" for n in range(classes)])
        self.neutral()

    def margins(self, X: Floats) -> Floats:  # type: ignore[override]
        return X


def contradiction(chances: Floats, pairs: Floats, classes: int) -> float:
    """What coupling makes least, as the paper writes it."""
    of = combinations(range(classes), 2)
    return 2 * sum(
        float(((1 - r) * chances[i] - r * chances[j]) ** 2) for r, (i, j) in zip(pairs, of, strict=True)
    )


@pytest.mark.parametrize("classes", [2, 3, 5, 9])
def test_coupled_pairs_are_what_a_solver_finds(classes: int) -> None:
    rng = np.random.default_rng(classes)
    rows = expit(rng.normal(0, 3, (5, classes * (classes - 1) // 2)))
    for pairs, found in zip(rows, coupled(rows, classes), strict=True):
        best = minimize(
            contradiction,
            np.full(classes, 1 / classes),
            (pairs, classes),
            bounds=[(0, 1)] * classes,
            constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
            options={"ftol": 1e-15, "maxiter": 1_000},
        )
        np.testing.assert_allclose(found, best.x, atol=1e-4)
        assert contradiction(found, pairs, classes) <= best.fun + 1e-12


def test_pairs_that_agree_give_back_their_distribution() -> None:
    true = np.array([0.6, 0.3, 0.06, 0.04])
    pairs = np.array([[true[i] / (true[i] + true[j]) for i, j in combinations(range(4), 2)]])
    np.testing.assert_allclose(coupled(pairs, 4)[0], true, atol=1e-9)


def test_certain_pairs_stay_a_distribution() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (500, 36)).astype(float)
    found = coupled(rows, 9)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1)
    # The first class wins each of its pairs.
    rows[:, :8] = 1
    assert (coupled(rows, 9)[:, 0] > 0.99).all()


def test_a_sigmoid_is_learnt_from_its_own_pair_and_weights_are_repeats() -> None:
    rng = np.random.default_rng(1)
    margins, place = rng.normal(0, 1, (6_000, 3)), np.zeros(6_000, np.intp)
    place[rng.random(6_000) > expit(2 * margins[:, 0] - 1)] = 1
    model, times = Pairs(3), rng.integers(1, 4, 6_000)
    model.learn(margins, place, np.ones(6_000))
    # Class 2 has no row: both its pairs stay as they were.
    np.testing.assert_allclose(model.slopes_, [2, 1, 1], atol=0.2)
    np.testing.assert_allclose(model.offsets_, [-1, 0, 0], atol=0.2)
    model.learn(margins, place, times.astype(float))
    weighted = model.slopes_, model.offsets_
    model.learn(margins.repeat(times, axis=0), place.repeat(times), np.ones(times.sum()))
    np.testing.assert_allclose(weighted, (model.slopes_, model.offsets_), rtol=1e-4)


def test_a_pair_that_its_rows_contradict_keeps_its_margin_s_side() -> None:
    model = Pairs(2)
    model.learn(np.array([[1.0], [2.0], [-1.0], [-2.0]]), np.array([1, 1, 0, 0]), np.ones(4))
    np.testing.assert_array_equal((model.slopes_, model.offsets_), ([1], [0]))
    np.testing.assert_allclose(model.chances(np.array([[1.5]]))[0, 0], expit(1.5))
