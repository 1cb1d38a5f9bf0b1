"""Every setting of a model's grid, fitted on training rows and compared on validation rows, never on test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from dnsanom.detect.merge import merging
from dnsanom.model import asked, board, frames, intervals, novelty, tracking
from dnsanom.model.board import Result, Row, name_of
from dnsanom.model.bundle import Bundle, matrix, scored
from dnsanom.model.candidates import Setting, grid
from dnsanom.model.distinct import in_parts
from dnsanom.model.figures import confusion_figure
from dnsanom.model.finished import Finished
from dnsanom.model.precision import Cost, rounding_cost
from dnsanom.model.scoring import Metrics, alerting, flat
from dnsanom.model.task import Task, task
from dnsanom.model.threshold import choose
from dnsanom.model.trials import Trial, run_trials
from dnsanom.model.usual import usual
from dnsanom.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is swept: the data set's rows, the chosen features, the settings in order, the tags of runs."""

    settings: Settings
    view: str
    model: str
    train: pd.DataFrame
    validation: pd.DataFrame
    features: list[str]
    order: list[Setting]
    tags: dict[str, str]

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self.settings.params.dataset.seed

    @property
    def folder(self) -> Path:
        """Where the best model goes."""
        return self.settings.candidate(self.view, self.model)

    def task(self) -> Task:
        """The rows as models are fitted on them and asked about them."""
        limits = self.settings.params.sweep
        return task(
            self.train, self.validation, self.view, self.features, limits, self.seed, limits.resolution
        )

    def rounding_cost(self, setting: Setting) -> Cost:
        """What the resolution costs a setting."""
        limits, rows = self.settings.params.sweep, (self.train, self.validation)
        return rounding_cost(self.model, setting, *rows, self.view, self.features, limits, self.seed)

    def finished(self) -> Finished:
        """What an earlier sweep of the same left, if it was killed."""
        limits = self.settings.params.sweep.model_dump(mode="json", exclude={"knn", "svm"})
        made_of = {**self.tags, "seed": self.seed, "features": self.features, **limits}
        return Finished(self.settings.var / "sweeps" / f"{self.view}-{self.model}", made_of)


def plan(settings: Settings, view: str, model: str) -> Plan:
    """The plan of a sweep. Raises DatasetError when there is nothing to learn from."""
    train, validation = frames.load_train(settings, view), frames.load(settings, view, "validation")
    tags = frames.tags(settings, view, validation) | {"model": model, "kind": "sweep"}
    order = grid(settings.params.sweep, model)
    features = frames.chosen(settings, view)
    return Plan(settings, view, model, train, validation, features, order, tags)


def sweep(settings: Settings, view: str, model: str, say: Say = print) -> list[Row]:
    """Try every setting of `model`; keep the best by macro-F1 on validation rows, the simplest of equals.

    Writes the best as a bundle, the leader-board as sweep.json and .csv, and what rounding costs as
    resolution.json to the candidate's folder; logs a parent run, with the leader-board's picture, and one
    nested run a setting. A sweep that was killed goes on where it was. Gives the leader-board, best first.
    """
    this = plan(settings, view, model)
    what, finished = this.task(), this.finished()
    with tracking.run(settings, view, f"sweep {model}", this.tags, resumed=finished.run) as parent:
        finished.goes_to(parent.id)
        results = board.ranked(_results(this, what, finished, parent, say), this.order)
        best = _best(this, what, results[0])
        cost = this.rounding_cost(results[0].setting)
        rows = board.rows(results)
        write(this.folder, best, rows, cost)
        _log_best(this, parent, best, results[0], rows, cost)
    finished.forget()
    return rows


def _results(this: Plan, what: Task, finished: Finished, parent: tracking.Run, say: Say) -> list[Result]:
    """Of every setting: what an earlier sweep finished, then what is tried now."""
    results = finished.load(this.order)
    if results:
        say(f"{this.view} {this.model}: {len(results)} of {len(this.order)} settings were finished before")
    done = [result.setting for result in results]
    times = intervals.draw(what.asked, this.seed)
    for trial in run_trials(this.model, [s for s in this.order if s not in done], what):
        results.append(_result(trial, what, times))
        _log_trial(this, parent, results[-1])
        finished.add(results[-1])
        say(f"{this.view} {this.model} {len(results)}/{len(this.order)}: {board.line(results[-1])}")
    return results


def _result(trial: Trial, what: Task, times: intervals.Times) -> Result:
    replicates = intervals.replicated(what.asked, trial.answer, times)
    return Result(
        setting=trial.setting,
        metrics=asked.metrics(what.asked, trial.answer, trial.score),
        confusion=asked.confusion(what.asked, trial.answer),
        replicates=tuple(replicates.round(6).tolist()),
        fit_seconds=trial.fit_seconds,
        predict_seconds=trial.predict_seconds,
    )


def _best(this: Plan, what: Task, result: Result) -> Bundle:
    """The best setting's model, fitted once more, with its threshold and what comes of alerts at it."""
    (trial,) = run_trials(this.model, [result.setting], what)
    chances = in_parts(trial.model.predict_proba, what.asked.rows)
    classes = [str(c) for c in trial.model.classes_]
    detect, merge = this.settings.params.detect, merging(this.settings.params)
    known = novelty.calibrated(what.train, what.asked, this.validation, detect.unknown_alerts_per_day, merge)
    answers = scored(chances, classes, known.novelty(what.asked.rows))
    answers = answers.iloc[what.asked.inverse].set_index(this.validation.index)
    chosen = choose(this.validation, answers, detect.false_alerts_per_day, merge)
    told = alerting(this.validation, answers, chosen.score, merge) | {"within_budget": chosen.within_budget}
    pipeline = Pipeline([*what.before.steps, ("model", trial.model)])
    return Bundle(pipeline, _card(this, result.setting, classes, result.metrics | told), known)


def write(folder: Path, bundle: Bundle, rows: list[Row], cost: Cost) -> None:
    """The best bundle, the leader-board and what rounding costs; the same results give the same bytes."""
    bundle.save(folder)
    (folder / "sweep.json").write_text(json.dumps(rows, indent=2) + "\n")
    (folder / "resolution.json").write_text(json.dumps(cost, indent=2) + "\n")
    pd.json_normalize(rows).to_csv(folder / "sweep.csv", index=False, lineterminator="\n")


def _card(this: Plan, setting: Setting, classes: list[str], validation: Metrics) -> dict[str, Any]:
    settings, view = this.settings, this.view
    return {
        "view": view,
        "model": this.model,
        "setting": setting,
        "features": this.features,
        "classes": classes,
        "threshold": validation["threshold"],
        "usual": usual(this.train, view),
        "resolution": settings.params.sweep.resolution,
        "window_seconds": settings.params.dns.window_seconds,
        "data_md5": this.tags["data_md5"],
        "learned_until": frames.learned_until(settings, view),
        "code": this.tags["code"],
        "name": tracking.model_name(view),
        "version": None,
        "validation": validation,
    }


def _log_trial(this: Plan, parent: tracking.Run, result: Result) -> None:
    name = name_of(result.setting)
    low, high = intervals.interval(np.asarray(result.replicates))
    more: dict[str, float | None] = {
        "macro_f1_low": low,
        "macro_f1_high": high,
        "fit_seconds": result.fit_seconds,
        "predict_seconds": result.predict_seconds,
    }
    with tracking.run(this.settings, this.view, name, this.tags, parent) as run:
        run.log(result.setting, flat(result.metrics) | more, {})
        title = f"{this.view} view, validation rows: {name}"
        run.figure("confusion.png", confusion_figure(result.confusion, title))
        run.table("confusion.json", result.confusion.reset_index())


def _log_best(
    this: Plan, parent: tracking.Run, bundle: Bundle, result: Result, rows: list[Row], cost: Cost
) -> None:
    name = name_of(result.setting)
    costs = {f"rounding/{key}": value for key, value in cost.items()}
    parent.log(result.setting, flat(bundle.card["validation"]) | costs, {"best": name})
    seen = matrix(this.train, this.view).assign(vector=this.train["vector"])
    parent.data(seen, this.settings.dataset(this.view) / "train.parquet", "training", this.tags["data_md5"])
    parent.figure("confusion.png", confusion_figure(result.confusion, f"best: {name}"))
    parent.figure("leaderboard.png", board.picture(rows, f"{this.view} view, {this.model}"))
    parent.table("confusion.json", result.confusion.reset_index())
    parent.table("leaderboard.json", pd.json_normalize(rows))
    parent.model(bundle, this.folder, this.train.head(5))
