"""The search by Optuna: what it tries and drops, and that it goes on where it was."""

import json
from typing import Any

import pytest

from dnsanom.model import search as searches
from dnsanom.model import tracking
from dnsanom.model.bundle import Bundle
from dnsanom.model.sweep import sweep
from dnsanom.params import Search
from dnsanom.settings import Settings

TRIALS = 10


class Killed(BaseException):
    """What ends a process, and is no failure that code would catch."""


def searching(settings: Settings, **search: Any) -> Settings:
    """The project, with ranges that are quick to search: one length of windows, two sets of features."""
    space = {"features": ["chosen", 3], "shares": [0.9], **search}
    sweeps = settings.params.sweep.model_copy(update={"search": Search.model_validate(space)})
    return settings.model_copy(update={"params": settings.params.model_copy(update={"sweep": sweeps})})


def searched(settings: Settings, model: str, trials: int = TRIALS) -> tuple[list[dict[str, Any]], list[str]]:
    said: list[str] = []
    return sweep(settings, "window", model, said.append, "optuna", trials), said


def logged(settings: Settings) -> list[Any]:
    client = tracking.connect(settings)
    (experiment,) = client.search_experiments(filter_string="name = 'dnsanom-window'")
    return list(client.search_runs([experiment.experiment_id], max_results=200))


@pytest.fixture(autouse=True)
def _small_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data set is small, so that a share of it may be, too."""
    monkeypatch.setattr("dnsanom.model.task._LEAST", 60)


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_draws_within_the_ranges_and_drops_the_worse(project: Settings, model: str) -> None:
    settings = searching(project, shares=[0.2])
    board, said = searched(settings, model)
    dropped = [row for row in board if row["pruned"] is not None]
    assert 0 < len(dropped) < len(board) <= TRIALS
    assert {row["pruned"] for row in dropped} == {0.2}
    assert [row["pruned"] for row in board] == [None] * (len(board) - len(dropped)) + [0.2] * len(dropped)
    kept = [row["macro_f1"] for row in board if row["pruned"] is None]
    assert kept == sorted(kept, reverse=True)
    assert {row["features"] for row in board} == {"chosen", 3}
    space = getattr(settings.params.sweep.search, model)
    name = "n_neighbors" if model == "knn" else "C"
    low, high = getattr(space, name)
    assert all(low <= row["setting"][name] <= high for row in board)
    assert len(said) == len(board)
    assert sum("dropped at 20 % of the rows" in line for line in said) == len(dropped)


def test_the_best_is_a_candidate_with_its_features(project: Settings) -> None:
    settings = searching(project)
    board, _ = searched(settings, "knn", 6)
    card = Bundle.load(settings.candidate("window", "knn")).card
    assert card["setting"] == board[0]["setting"]
    assert len(card["features"]) == {"chosen": 7, 3: 3}[board[0]["features"]]
    assert card["window_seconds"] == board[0]["window_seconds"] == 60
    assert card["validation"]["macro_f1"] == board[0]["macro_f1"]


def test_what_is_dropped_is_logged_as_such(project: Settings) -> None:
    settings = searching(project, shares=[0.2])
    board, _ = searched(settings, "svm")
    runs = logged(settings)
    (parent,) = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    nested = [r for r in runs if r is not parent]
    assert len(nested) == len(board)
    pruned = [r for r in nested if r.data.tags.get("pruned") == "0.2"]
    assert len(pruned) == sum(row["pruned"] is not None for row in board)
    assert all(r.data.metrics["share"] == 0.2 for r in pruned)
    assert parent.data.tags["search"] == "optuna"
    assert {"features", "window_seconds", "kernel"} <= set(nested[0].data.params)


def test_goes_on_where_it_was_killed_and_comes_to_the_same(project: Settings, trained: Settings) -> None:
    settings = searching(project)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 6:
            raise Killed

    with pytest.raises(Killed):
        sweep(settings, "window", "knn", say, "optuna", TRIALS)
    board, later = searched(settings, "knn")
    assert later[0].startswith("window knn: ")
    assert later[0].endswith("trials were finished before")
    assert len([r for r in logged(settings) if "mlflow.parentRunId" not in r.data.tags]) == 1
    assert len(board) <= TRIALS
    assert json.loads((settings.candidate("window", "knn") / "sweep.json").read_text()) == board


def test_the_same_inputs_give_the_same_board(project: Settings) -> None:
    settings = searching(project)
    board, _ = searched(settings, "svm", 6)
    (settings.var / "sweeps" / "search.db").unlink()
    assert searched(settings, "svm", 6)[0] == board


def test_more_trials_are_added_to_those_there_are(project: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = searching(project)
    searched(settings, "svm", 4)
    drawn: list[Any] = []
    tried = searches.tried

    def watched(model: str, settings: list[Any], *rest: Any) -> Any:
        drawn.extend(settings)
        return tried(model, settings, *rest)

    monkeypatch.setattr(searches, "tried", watched)
    board, said = searched(settings, "svm", 6)
    assert said[0] == "window svm: 4 of 6 trials were finished before"
    assert len(said) == 1 + 2
    assert 0 < len(drawn) <= 4
    assert len(board) == 6
