"""A sweep's task: of counted rows what it is of all rows, and shares of it."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from dnsanom.model import frames
from dnsanom.model.bundle import matrix
from dnsanom.model.candidates import head
from dnsanom.model.distinct import Cells
from dnsanom.model.task import Task, task
from dnsanom.model.thin import drawn
from dnsanom.settings import Settings


def made(settings: Settings, counted: bool) -> Task:
    features = frames.chosen(settings, "window")
    if counted:
        train = frames.counted(settings, "window", "train", features, ("vector",))
        validation = frames.counted(settings, "window", "validation", features, ("vector", "episode"))
        train, validation = (f.sample(frac=1, random_state=1) for f in (train, validation))
    else:
        train = frames.load(settings, "window", "train")
        validation = frames.load(settings, "window", "validation")
    limits = settings.params.sweep.model_copy(update={"svm_rows": 300, "resolution": 1.5})
    return task(train, validation, "window", features, limits, 7, limits.resolution)


def test_counted_rows_give_the_same_task_as_all_rows(project: Settings) -> None:
    counted, whole = made(project, True), made(project, False)
    for name in ("train", "many", "few"):
        ours, theirs = getattr(counted, name), getattr(whole, name)
        assert (ours.rows == theirs.rows).all()
        assert (ours.of == theirs.of).all()
        assert (ours.weight == theirs.weight).all()
    assert whole.train.weight.sum() == 580
    assert len(whole.train.rows) < 580
    for name in ("rows", "row", "vector", "cluster", "count"):
        assert (getattr(counted.asked, name) == getattr(whole.asked, name)).all(), name


def test_scaling_is_that_of_all_rows(project: Settings) -> None:
    what = made(project, True)
    train = matrix(frames.load(project, "window", "train"), "window")
    features = frames.chosen(project, "window")
    alone: StandardScaler = head("window", features, 1.5).fit(train)[-1]
    np.testing.assert_allclose(what.before[-1].mean_, alone.mean_, rtol=1e-12)
    np.testing.assert_allclose(what.before[-1].scale_, alone.scale_, rtol=1e-12)
    assert list(what.before.feature_names_in_) == list(train.columns)


def test_rows_are_drawn_as_from_the_repeated_rows() -> None:
    cells = Cells(
        np.arange(4.0)[:, None],
        np.array(["benign", "benign", "scan", "tunnel"]),
        np.array([9e3, 1e3, 30, 2e3]),
    )
    some = drawn(cells, 800, 3)
    weight = dict(zip(some.rows[:, 0], some.weight, strict=True))
    assert some.weight.sum() == 800
    assert weight[2.0] == 30  # fewer than their share, so all
    assert weight[3.0] == 100
    assert weight[0.0] + weight[1.0] == 670
    assert weight[0.0] == pytest.approx(603, abs=40)
    assert drawn(cells, 20_000, 3) is cells


def test_a_share_is_of_every_kind_of_rows(project: Settings) -> None:
    what = made(project, True).at(0.5, 1)
    assert what.few.weight.sum() == 300  # never fewer than say something
    assert what.train.weight.sum() == 500
    assert set(what.train.of) == {"benign", "tunnel", "scan", "water_torture"}
