"""The best setting of a sweep as a candidate: fitted, with its threshold, its card and the leader-board."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.detect.merge import merging
from dnsanom.model import frames, tracking
from dnsanom.model.board import WORSE, Result, Row, as_good
from dnsanom.model.bundle import Bundle
from dnsanom.model.ground import Ground, Grounds
from dnsanom.model.precision import Cost
from dnsanom.model.refit import alertable, pipeline
from dnsanom.model.scoring import Metrics, alerting, worth
from dnsanom.model.trials import run_trials
from dnsanom.model.usual import usual

#: Settings of the best macro-F1 whose alerts are tried before one is kept; each takes seconds.
CONTENDERS = 3


def best(model: str, ground: Ground, result: Result) -> Bundle:
    """A setting's model, fitted on the ground's rows, with its threshold and what comes of alerts at it."""
    what, validation = ground.task, ground.validation
    (trial,) = run_trials(model, [result.setting], what)
    detect, merge = ground.settings.params.detect, merging(ground.settings.params)
    known, answers, limit = alertable(what, trial, ground.whole, validation, detect, merge)
    told = alerting(validation, answers, limit.score, merge) | {"within_budget": limit.within_budget}
    classes = [str(c) for c in trial.model.classes_]
    card = _card(model, ground, result, classes, result.metrics | told)
    return Bundle(pipeline(what, trial), card, known)


def chosen(model: str, grounds: Grounds, ordered: list[Result]) -> tuple[Result, Bundle]:
    """Of the first CONTENDERS of a leader-board, the result that is worth most, and its candidate.

    Only those count that have learned from all rows, at the first one's length of windows, and that its
    validation rows do not tell to be worse.
    """
    same = [r for r in ordered if not r.pruned and r.place.window_seconds == ordered[0].place.window_seconds]
    rivals = [r for r in same if as_good(r, ordered[0]) >= WORSE][:CONTENDERS] or ordered[:1]
    made = [(result, best(model, grounds.at(result.place), result)) for result in rivals]
    return max(made, key=lambda one: worth(one[1].card["validation"]))


def _card(
    model: str, ground: Ground, result: Result, classes: list[str], validation: Metrics
) -> dict[str, Any]:
    settings, view = ground.settings, ground.view
    return {
        "view": view,
        "model": model,
        "setting": result.setting,
        "features": ground.features,
        "classes": classes,
        "threshold": validation["threshold"],
        "usual": usual(ground.train, view),
        "resolution": settings.params.sweep.resolution,
        "window_seconds": settings.params.dns.window_seconds,
        "data_md5": ground.tags["data_md5"],
        "learned_until": frames.learned_until(settings, view),
        "code": ground.tags["code"],
        "name": tracking.model_name(view),
        "version": None,
        "validation": validation,
    }


def write(folder: Path, bundle: Bundle, rows: list[Row], cost: Cost) -> None:
    """The best bundle, the leader-board and what rounding costs; the same results give the same bytes."""
    bundle.save(folder)
    (folder / "sweep.json").write_text(json.dumps(rows, indent=2) + "\n")
    (folder / "resolution.json").write_text(json.dumps(cost, indent=2) + "\n")
    pd.json_normalize(rows).to_csv(folder / "sweep.csv", index=False, lineterminator="\n")
