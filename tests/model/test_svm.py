"""The calibrated SVM against scikit-learn's SVC."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.svm import SVC

from dnsanom.model.svm import CalibratedSVC


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
    peer = SVC(C=10, kernel=kernel, break_ties=True).fit(X[:300], y[:300])
    np.testing.assert_allclose(ours.margins(X[300:]), peer.decision_function(X[300:]), atol=1e-9)
    assert (ours.predict(X[300:]) == peer.predict(X[300:])).all()


def test_two_classes() -> None:
    X, y = blobs(2)
    ours = CalibratedSVC(C=10).fit(X[:300], y[:300])
    assert (ours.predict(X[300:]) == SVC(C=10).fit(X[:300], y[:300]).predict(X[300:])).all()


def test_calibration_makes_held_out_rows_likelier_and_keeps_the_classes() -> None:
    X, y = blobs(4, 1_200)
    model = CalibratedSVC(C=10).fit(X[:600], y[:600])
    before, said = loss(model, X[600:], y[600:]), model.predict(X[600:])
    model.calibrate(model.margins(X[600:]), y[600:], np.ones(600))
    assert model.temperature_ != 1
    assert loss(model, X[600:], y[600:]) < before
    assert (model.classes_[model.predict_proba(X[600:]).argmax(axis=1)] == said).all()
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_a_held_out_class_that_was_never_seen_does_not_count() -> None:
    X, y = blobs(3)
    model = CalibratedSVC().fit(X, y)
    margins, weight = model.margins(X), np.ones(len(X))
    known = model.calibrate(margins, y, weight).temperature_
    odd = np.concatenate([y, ["never seen"]])
    assert model.calibrate(np.vstack([margins, margins[:1]]), odd, np.ones(len(odd))).temperature_ == known


def loss(model: CalibratedSVC, X: np.ndarray, y: np.ndarray) -> float:
    chances = model.predict_proba(X)
    return float(-np.log(chances[np.arange(len(y)), np.searchsorted(model.classes_, y)]).mean())
