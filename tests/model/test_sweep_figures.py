"""A sweep's figures from distinct rows against those of all rows, and how sure they are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dnsanom.model import asked, intervals, scoring
from dnsanom.model.asked import Asked
from dnsanom.model.bundle import scored
from dnsanom.model.distinct import Floats
from dnsanom.model.resolution import Resolution
from dnsanom.schema import VECTORS

NAMES = np.array(["benign", "scan", "tunnel"])


def question(n: int = 4_000, seed: int = 0) -> tuple[Asked, pd.DataFrame]:
    """Rows with repetition, their vectors, and episodes of ten rows."""
    rng = np.random.default_rng(seed)
    vector = pd.Series(rng.choice(NAMES, n, p=[0.8, 0.1, 0.1]), dtype="str")
    episode = pd.Series([f"e{i // 10}" for i in range(n)], dtype="str").where(vector != "benign")
    frame = pd.DataFrame({"vector": vector, "episode": episode})
    return asked.asked(rng.integers(0, 6, (n, 3)).astype(float), vector, episode), frame


def chances(what: Asked, seed: int = 1) -> Floats:
    votes = np.random.default_rng(seed).dirichlet([2, 1, 1], len(what.rows))
    return np.asarray(votes.round(2))


def test_figures_are_those_of_all_rows() -> None:
    what, frame = question()
    assert len(what.rows) < len(what.row) < len(frame)
    votes = chances(what)
    answer, score = asked.said(NAMES, votes), asked.scores(NAMES, votes)
    answers = scored(votes, list(NAMES), np.zeros(len(votes))).iloc[what.inverse].reset_index(drop=True)
    assert asked.metrics(what, answer, score) == scoring.metrics(frame, answers)
    table = scoring.confusion(frame["vector"], scoring.likeliest(answers))
    pd.testing.assert_frame_equal(asked.confusion(what, answer), table)


def test_replicates_count_each_cluster_as_often_as_it_was_drawn() -> None:
    what, _ = question()
    answer = asked.said(NAMES, chances(what))
    times = intervals.draw(what, 3, replicates=60)
    found = intervals.replicated(what, answer, times)
    for replicate in (0, 59):
        drawn = replace(what, count=what.count * times[what.cluster, replicate])
        expected = scoring.macro_f1(asked.confusion(drawn, answer))
        assert found[replicate] == pytest.approx(expected, abs=1e-5)
    low, high = intervals.interval(found)
    assert low < scoring.macro_f1(asked.confusion(what, answer)) < high
    assert (times == intervals.draw(what, 3, replicates=60)).all()


def test_rows_of_one_episode_come_and_go_together() -> None:
    vector = pd.Series(["benign"] * 500 + ["scan"] * 100, dtype="str")
    rows, sure = np.arange(600.0)[:, None], {}
    # One episode in two is missed: with few episodes that is far less sure than with many.
    for size in (1, 25):
        episode = pd.Series([None] * 500 + [f"e{i // size}" for i in range(100)], dtype="str")
        what = asked.asked(rows, vector, episode)
        missed = (rows[:, 0] - 500) // size % 2 == 0
        answer = np.where((rows[:, 0] >= 500) & ~missed, VECTORS.index("scan"), 0)
        sure[size] = intervals.replicated(what, answer, intervals.draw(what, 0)).std()
    assert sure[25] > 2 * sure[1]


def test_values_are_rounded_to_steps_and_none_leaves_them() -> None:
    X = np.array([[0.013, 5.0], [0.018, 5.004]])
    np.testing.assert_allclose(Resolution(0.01).fit_transform(X), [[0.01, 5], [0.02, 5]])
    assert (Resolution(None).fit_transform(X) == X).all()
    with pytest.raises(ValueError, match="step=0: must be more than 0"):
        Resolution(0).fit(X)
