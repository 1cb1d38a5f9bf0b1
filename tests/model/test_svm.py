"""The calibrated machines against scikit-learn's SVC and LinearSVC."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from dnsanom.model import nystroem
from dnsanom.model.nystroem import NystroemSVC
from dnsanom.model.svm import CalibratedSVC


@parametrize_with_checks([CalibratedSVC(), NystroemSVC(n_components=20)])
def test_is_an_estimator_as_scikit_learn_wants_it(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


def blobs(classes: int, rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    X, y = make_classification(
        rows,
        5,
        n_informative=4,
        n_redundant=0,
        n_classes=classes,
        n_clusters_per_class=1,
        class_sep=1.5,
        random_state=0,
    )
    return X, np.array([f"class {n}" for n in range(classes)])[y]


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
def test_margins_are_scikit_learns(kernel: str) -> None:
    X, y = blobs(4)
    ours = CalibratedSVC(C=10, kernel=kernel).fit(X[:300], y[:300])  # type: ignore[arg-type]
    peer = SVC(C=10, kernel=kernel, tol=1e-5, decision_function_shape="ovo").fit(X[:300], y[:300])
    np.testing.assert_allclose(ours.margins(X[300:]), peer.decision_function(X[300:]), atol=5e-2)
    ours.svc_.set_params(decision_function_shape="ovo")
    np.testing.assert_allclose(ours.margins(X[300:]), ours.svc_.decision_function(X[300:]), atol=1e-9)
    assert (ours.predict(X[300:]) == peer.predict(X[300:])).mean() > 0.98


@pytest.mark.parametrize("gamma", ["scale", 0.3])
def test_repeated_rows_are_a_weight(gamma: Any) -> None:
    X, y = blobs(3, 300)
    times = np.random.default_rng(1).integers(0, 5, len(X))
    ours = CalibratedSVC(gamma=gamma).fit(X, y, times)
    assert len(ours.svc_.support_vectors_) <= (times > 0).sum()
    peer = SVC(gamma=gamma, decision_function_shape="ovo").fit(X.repeat(times, axis=0), y.repeat(times))
    np.testing.assert_allclose(ours.margins(X), peer.decision_function(X), atol=5e-3)


@pytest.mark.parametrize("classes", [2, 4])
def test_landmarks_machines_are_linear_svcs(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nystroem, "_MOST_STEPS", 10_000)
    X, y = blobs(classes, 300)
    times = np.random.default_rng(1).integers(1, 4, len(X))
    ours = NystroemSVC(C=0.5, n_components=30).fit(X, y, times)
    peer = LinearSVC(C=0.5, dual=False, tol=1e-8, max_iter=10_000).fit(ours.map_.transform(X), y, times)
    margins = peer.decision_function(ours.map_.transform(X))
    found = ours.margins(X) if classes > 2 else ours.margins(X)[:, 1]
    np.testing.assert_allclose(found, margins, atol=5e-3)


def test_two_classes() -> None:
    X, y = blobs(2)
    ours = CalibratedSVC(C=10).fit(X[:300], y[:300])
    assert (ours.predict(X[300:]) == SVC(C=10).fit(X[:300], y[:300]).predict(X[300:])).all()


@pytest.mark.parametrize("made", [CalibratedSVC(C=10), NystroemSVC(C=10, n_components=30)])
def test_calibration_makes_held_out_rows_likelier(made: Any) -> None:
    X, y = blobs(4, 1_800)
    model = made.fit(X[:600], y[:600])
    before, right = loss(model, X[1_200:], y[1_200:]), (model.predict(X[1_200:]) == y[1_200:]).mean()
    model.calibrate(model.margins(X[600:1_200]), y[600:1_200], np.ones(600))
    assert loss(model, X[1_200:], y[1_200:]) < before
    assert (model.predict(X[1_200:]) == y[1_200:]).mean() > right - 0.02
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("made", [CalibratedSVC(), NystroemSVC(n_components=30)])
def test_a_held_out_class_that_was_never_seen_does_not_count(made: Any) -> None:
    X, y = blobs(3)
    model = made.fit(X, y)
    margins, weight = model.margins(X), np.ones(len(X))
    known = model.calibrate(margins, y, weight).predict_proba(X)
    odd = np.concatenate([y, ["never seen"]])
    model.calibrate(np.vstack([margins, margins[:1]]), odd, np.ones(len(odd)))
    np.testing.assert_array_equal(model.predict_proba(X), known)


def loss(model: Any, X: np.ndarray, y: np.ndarray) -> float:
    chances = model.predict_proba(X)
    return float(-np.log(chances[np.arange(len(y)), np.searchsorted(model.classes_, y)]).mean())
