"""Every setting of a model's grid, fitted on training rows and compared on validation rows, never on test."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from dnsanom.detect.merge import merging
from dnsanom.model import frames, tracking
from dnsanom.model.bundle import Bundle, matrix, scored
from dnsanom.model.candidates import Setting, grid, head
from dnsanom.model.distinct import distinct
from dnsanom.model.figures import confusion_figure
from dnsanom.model.scoring import Metrics, alerting, confusion, flat, likeliest, metrics
from dnsanom.model.thin import thinned
from dnsanom.model.threshold import choose
from dnsanom.model.trials import Task, Trial, run_trials
from dnsanom.model.usual import usual
from dnsanom.settings import Settings

Say = Callable[[str], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """A trial with its validation figures and confusion table."""

    trial: Trial
    metrics: Metrics
    confusion: pd.DataFrame


def sweep(settings: Settings, view: str, model: str, say: Say = print) -> list[Row]:
    """Try every setting of `model`; keep the best by macro-F1 on validation rows, the simplest of equals.

    Writes the best as a bundle, and the leader-board as sweep.json and sweep.csv, to the candidate's folder;
    logs a parent run with one nested run a setting. Gives the leader-board, best first.
    """
    train, validation = frames.load_train(settings, view), frames.load(settings, view, "validation")
    features = frames.chosen(settings, view)
    before = head(view, features).fit(matrix(train, view))
    order = grid(settings.params.sweep, model)
    most, seed = settings.params.sweep.svm_rows, settings.params.dataset.seed
    tags = frames.tags(settings, view, validation) | {"model": model, "kind": "sweep"}
    rows = train if model == "knn" else train.iloc[thinned(train["vector"], most, seed)]
    task = _task(before, rows, validation, view)
    with tracking.run(settings, view, f"sweep {model}", tags) as parent:
        results = []
        for trial in run_trials(model, order, task):
            results.append(_score(trial, task, validation))
            _log_trial(settings, view, parent, results[-1], tags)
            say(f"{view} {model} {len(results)}/{len(order)}: {_line(results[-1])}")
        results.sort(key=lambda r: (-r.metrics["macro_f1"], order.index(r.trial.setting)))
        best = _with_alerts(settings, results[0], task, validation)
        pipeline = Pipeline([*before.steps, ("model", best.trial.model)])
        bundle = Bundle(pipeline, _card(settings, view, model, features, best, train, tags))
        board = [_row(result) for result in results]
        write(settings.candidate(view, model), bundle, board)
        _log_best(settings, view, parent, bundle, best, board, train, tags)
    return board


def write(folder: Path, bundle: Bundle, board: list[Row]) -> None:
    """The best bundle and the leader-board; the same results give the same bytes."""
    bundle.save(folder)
    (folder / "sweep.json").write_text(json.dumps(board, indent=2) + "\n")
    pd.json_normalize(board).to_csv(folder / "sweep.csv", index=False, lineterminator="\n")


def _task(before: Pipeline, train: pd.DataFrame, validation: pd.DataFrame, view: str) -> Task:
    asked = np.asarray(before.transform(matrix(validation, view)))
    first, inverse = distinct(asked)
    return Task(
        train=np.asarray(before.transform(matrix(train, view))),
        train_vector=train["vector"].to_numpy(dtype=str),
        rows=asked[first],
        inverse=inverse,
        vector=validation["vector"].to_numpy(dtype=str),
    )


def _answers(trial: Trial, task: Task, validation: pd.DataFrame) -> pd.DataFrame:
    classes = [str(c) for c in trial.model.classes_]
    return scored(trial.chances, classes).iloc[task.inverse].set_index(validation.index)


def _score(trial: Trial, task: Task, validation: pd.DataFrame) -> Result:
    answers = _answers(trial, task, validation)
    table = confusion(validation["vector"], likeliest(answers))
    return Result(trial, metrics(validation, answers), table)


def _with_alerts(settings: Settings, best: Result, task: Task, validation: pd.DataFrame) -> Result:
    """The best trial with its threshold, and what comes of alerts at it."""
    answers, merge = (
        _answers(best.trial, task, validation),
        merging(settings.params),
    )
    chosen = choose(validation, answers, settings.params.detect.false_alerts_per_day, merge)
    told = alerting(validation, answers, chosen.score, merge)
    return replace(best, metrics=best.metrics | told | {"within_budget": chosen.within_budget})


def _card(
    settings: Settings,
    view: str,
    model: str,
    features: list[str],
    best: Result,
    train: pd.DataFrame,
    tags: dict[str, str],
) -> dict[str, Any]:
    return {
        "view": view,
        "model": model,
        "setting": best.trial.setting,
        "features": features,
        "classes": [str(c) for c in best.trial.model.classes_],
        "threshold": best.metrics["threshold"],
        "usual": usual(train, view),
        "window_seconds": settings.params.dns.window_seconds,
        "data_md5": tags["data_md5"],
        "learned_until": frames.learned_until(settings, view),
        "code": tags["code"],
        "name": tracking.model_name(view),
        "version": None,
        "validation": best.metrics,
    }


def _row(result: Result) -> Row:
    f1 = {vector: row["f1"] for vector, row in result.metrics["vectors"].items()}
    names = ("macro_f1", "pr_auc")
    return {"setting": result.trial.setting, **{name: result.metrics[name] for name in names}, "f1": f1}


def _log_trial(
    settings: Settings, view: str, parent: tracking.Run, result: Result, tags: dict[str, str]
) -> None:
    title = f"{view} view, validation rows: {name_of(result.trial.setting)}"
    seconds: dict[str, float | None] = {
        "fit_seconds": result.trial.fit_seconds,
        "predict_seconds": result.trial.predict_seconds,
    }
    with tracking.run(settings, view, name_of(result.trial.setting), tags, parent) as run:
        run.log(result.trial.setting, flat(result.metrics) | seconds, {})
        run.figure("confusion.png", confusion_figure(result.confusion, title))
        run.table("confusion.json", result.confusion.reset_index())


def _log_best(
    settings: Settings,
    view: str,
    parent: tracking.Run,
    bundle: Bundle,
    best: Result,
    board: list[Row],
    train: pd.DataFrame,
    tags: dict[str, str],
) -> None:
    parent.log(best.trial.setting, flat(best.metrics), {"best": name_of(best.trial.setting)})
    seen = matrix(train, view).assign(vector=train["vector"])
    parent.data(seen, settings.dataset(view) / "train.parquet", "training", tags["data_md5"])
    parent.figure("confusion.png", confusion_figure(best.confusion, f"best: {name_of(best.trial.setting)}"))
    parent.table("confusion.json", best.confusion.reset_index())
    parent.table("leaderboard.json", pd.json_normalize(board))
    parent.model(bundle, settings.candidate(view, bundle.card["model"]), train.head(5))


def name_of(setting: Setting) -> str:
    """A setting as people write it."""
    return " ".join(f"{name}={value}" for name, value in setting.items())


def _line(result: Result) -> str:
    figures = f"macro-F1 {result.metrics['macro_f1']:.3f}, PR-AUC {result.metrics['pr_auc'] or 0:.3f}"
    seconds = f"{result.trial.fit_seconds + result.trial.predict_seconds:.1f} s"
    return f"{name_of(result.trial.setting)}: {figures} ({seconds})"
