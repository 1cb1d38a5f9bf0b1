"""A sweep in MLflow: a nested run of each setting, and what came of all in the run that holds them."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from dnsanom.model import board, intervals, tracking
from dnsanom.model.board import Result, Row, name_of
from dnsanom.model.bundle import Bundle, matrix
from dnsanom.model.figures import confusion_figure
from dnsanom.model.ground import Ground
from dnsanom.model.plan import Plan
from dnsanom.model.precision import Cost
from dnsanom.model.scoring import flat


def log_result(this: Plan, parent: tracking.Run, result: Result) -> None:
    """A setting's run below the sweep's; the tag `pruned` has the share of the rows it was dropped at."""
    name = name_of(result.setting, result.place)
    low, high = intervals.interval(np.asarray(result.replicates))
    more: dict[str, float | None] = {
        "macro_f1_low": low,
        "macro_f1_high": high,
        "fit_seconds": result.fit_seconds,
        "predict_seconds": result.predict_seconds,
        "share": result.share,
    }
    tags = this.tags | {"data_md5": this.grounds.at(result.place).tags["data_md5"]}
    tags |= {"pruned": f"{result.share:g}"} if result.pruned else {}
    with tracking.run(this.settings, this.view, name, tags, parent) as run:
        run.log(result.setting | asdict(result.place), flat(result.metrics) | more, {})
        title = f"{this.view} view, validation rows: {name}"
        run.figure("confusion.png", confusion_figure(result.confusion, title))
        run.table("confusion.json", result.confusion.reset_index())


def log_best(
    this: Plan, parent: tracking.Run, bundle: Bundle, result: Result, rows: list[Row], cost: Cost
) -> None:
    """The best setting with its model and the rows that it learned from, and the leader-board."""
    name, ground = name_of(result.setting, result.place), this.grounds.at(result.place)
    costs = {f"rounding/{key}": value for key, value in cost.items()}
    metrics = flat(bundle.card["validation"]) | costs
    parent.log(result.setting | asdict(result.place), metrics, {"best": name})
    _log_rows(parent, ground)
    parent.figure("confusion.png", confusion_figure(result.confusion, f"best: {name}"))
    parent.figure("leaderboard.png", board.picture(rows, f"{this.view} view, {this.model}"))
    parent.table("confusion.json", result.confusion.reset_index())
    parent.table("leaderboard.json", pd.json_normalize(rows))
    parent.model(bundle, this.folder, ground.train.head(5))


def _log_rows(parent: tracking.Run, ground: Ground) -> None:
    seen = matrix(ground.train, ground.view).assign(vector=ground.train["vector"])
    path = ground.settings.dataset(ground.view) / "train.parquet"
    parent.data(seen, path, "training", ground.tags["data_md5"])
