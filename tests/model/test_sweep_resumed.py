"""A sweep that is killed goes on, and what rounding costs."""

import json
from typing import Any

import pytest

from dnsanom.model import plan as plans
from dnsanom.model import sweep as sweeps
from dnsanom.model import tracking
from dnsanom.model.candidates import grid
from dnsanom.model.trials import run_trials
from dnsanom.settings import Settings

Say = list[str]


class Killed(BaseException):
    """What ends a process, and is no failure that code would catch."""


def killed_after(settings: Settings, model: str, count: int) -> None:
    """A sweep that is ended once so many settings are finished."""
    said: Say = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == count:
            raise Killed

    with pytest.raises(Killed):
        sweeps.sweep(settings, "window", model, say)


@pytest.mark.parametrize(("model", "count"), [("knn", 3), ("svm", 1)])
def test_goes_on_where_it_was_killed(
    project: Settings, trained: Settings, model: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_SECONDS", 0.1)
    killed_after(project, model, count)
    tried: list[dict[str, Any]] = []

    def watched(name: str, settings: list[dict[str, Any]], task: Any) -> Any:
        tried.extend(settings)
        return run_trials(name, settings, task)

    monkeypatch.setattr(plans, "run_trials", watched)
    said: Say = []
    board = sweeps.sweep(project, "window", model, said.append)
    total = len(grid(project.params.sweep, model))
    assert said[0] == f"window {model}: {count} of {total} settings were finished before"
    assert len(tried) == total - count
    for name in ("model.skops", "sweep.json", "resolution.json"):
        ours, whole = (s.candidate("window", model) / name for s in (project, trained))
        assert ours.read_bytes() == whole.read_bytes()
    assert not (project.var / "sweeps" / f"window-{model}").exists()
    client = tracking.connect(project)
    (experiment,) = client.search_experiments(filter_string="name = 'dnsanom-window'")
    runs = client.search_runs([experiment.experiment_id], max_results=200)
    (parent,) = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    assert parent.info.status == "FINISHED"
    assert len(runs) == 1 + total == 1 + len(board)
    assert "system/cpu_utilization_percentage" in parent.data.metrics


def test_what_is_of_other_parameters_is_not_gone_on_with(project: Settings) -> None:
    killed_after(project, "knn", 2)
    other = project.params.sweep.model_copy(update={"resolution": 0.1})
    settings = project.model_copy(update={"params": project.params.model_copy(update={"sweep": other})})
    said: Say = []
    sweeps.sweep(settings, "window", "knn", said.append)
    assert len(said) == len(grid(other, "knn"))


def test_what_rounding_costs_is_told(project: Settings) -> None:
    coarse = project.params.sweep.model_copy(update={"resolution": 0.5})
    settings = project.model_copy(update={"params": project.params.model_copy(update={"sweep": coarse})})
    sweeps.sweep(settings, "window", "knn", lambda line: None)
    cost = json.loads((settings.candidate("window", "knn") / "resolution.json").read_text())
    assert cost["resolution"] == 0.5
    assert cost["distinct_train"] < cost["distinct_train_exact"] <= 580
    assert 0 < cost["macro_f1"] < 1
    assert cost["macro_f1"] != cost["macro_f1_exact"]


def test_a_board_says_how_sure_it_is(trained: Settings) -> None:
    for model in ("knn", "svm"):
        board = json.loads((trained.candidate("window", model) / "sweep.json").read_text())
        assert board[0]["as_good"] == 1
        assert all(row["macro_f1_low"] < row["macro_f1"] < row["macro_f1_high"] for row in board)
        assert min(row["as_good"] for row in board) < 0.5
