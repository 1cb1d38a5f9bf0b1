"""The leader-board of a sweep: what came of each setting, how sure that is, how far it is from the best."""

from dataclasses import asdict, dataclass
from sys import intern
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dnsanom.model.candidates import Setting, complexity
from dnsanom.model.figures import BLUE, GREY
from dnsanom.model.ground import Place
from dnsanom.model.intervals import interval
from dnsanom.model.scoring import Metrics
from dnsanom.shares import percent

Row = dict[str, Any]
#: Settings that the picture shows at most.
_SHOWN = 40
#: A setting that is as good as the first in fewer replicates than this share is worse.
WORSE = 0.025


@dataclass(frozen=True)
class Result:
    """A setting's validation figures at a place: confusion table, macro-F1 in each replicate, seconds.

    `share` of the training rows was learned from: less than 1 means that the setting was dropped there.
    """

    setting: Setting
    place: Place
    share: float
    metrics: Metrics
    confusion: pd.DataFrame
    replicates: tuple[float, ...]
    fit_seconds: float
    predict_seconds: float

    @property
    def pruned(self) -> bool:
        """Whether it was dropped before it had seen all training rows."""
        return self.share < 1

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return asdict(self) | {"confusion": self.confusion.reset_index().to_dict("list")}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Result":
        """What `to_json` gave. Words are interned, as in params.yaml's: a saved model notes which are one."""
        setting = {n: intern(v) if isinstance(v, str) else v for n, v in told["setting"].items()}
        table = pd.DataFrame(told["confusion"]).set_index("truth")
        whole = {
            "setting": setting,
            "place": Place(**told["place"]),
            "confusion": table,
            "replicates": tuple(told["replicates"]),
        }
        return cls(**{**told, **whole})


def ranked(results: list[Result]) -> list[Result]:
    """Best macro-F1 first, of equals the simplest; then those that were dropped, the longest kept first."""
    return sorted(results, key=_rank)


def _rank(result: Result) -> tuple[Any, ...]:
    few = len(result.setting), str(result.place.features), result.place.window_seconds
    return -result.share, -result.metrics["macro_f1"], complexity(result.setting), few


def rows(results: list[Result]) -> list[Row]:
    """The board of ranked results.

    `macro_f1_low` and `_high` are the middle 95 % of replicates. `as_good` is the share of replicates in
    which the setting is at least as good as the first: below 0.025 it is worse, else the rows do not tell.
    `pruned` is the share of the training rows at which a setting was dropped, whose figures these are; None
    for one that has learned from all.
    """
    return [_row(result, as_good(result, results[0])) for result in results]


def as_good(result: Result, best: Result) -> float:
    """The share of replicates in which a result is at least as good as the best."""
    return float((np.asarray(result.replicates) >= np.asarray(best.replicates)).mean())


def _row(result: Result, as_good: float) -> Row:
    low, high = interval(np.asarray(result.replicates))
    return {
        "setting": result.setting,
        "features": result.place.features,
        "window_seconds": result.place.window_seconds,
        "pruned": result.share if result.pruned else None,
        "macro_f1": result.metrics["macro_f1"],
        "macro_f1_low": low,
        "macro_f1_high": high,
        "as_good": round(as_good, 4),
        "pr_auc": result.metrics["pr_auc"],
        "f1": {vector: row["f1"] for vector, row in result.metrics["vectors"].items()},
    }


def name_of(setting: Setting, place: Place | None = None) -> str:
    """A setting as people write it, and where it was tried."""
    where = {"features": place.features, "window": f"{place.window_seconds}s"} if place else {}
    return " ".join(f"{name}={value}" for name, value in (setting | where).items())


def line(result: Result) -> str:
    """A result in one line."""
    figures = f"macro-F1 {result.metrics['macro_f1']:.3f}, PR-AUC {result.metrics['pr_auc'] or 0:.3f}"
    dropped = f", dropped at {percent(result.share)} of the rows" if result.pruned else ""
    seconds = result.fit_seconds + result.predict_seconds
    return f"{name_of(result.setting, result.place)}: {figures} ({seconds:.1f} s){dropped}"


def picture(board: list[Row], title: str) -> Figure:
    """Macro-F1 of the best settings with their intervals; grey where worse than the first for sure."""
    shown = [row for row in board if row["pruned"] is None][:_SHOWN]
    figure = Figure(figsize=(9.5, 1.4 + 0.26 * len(shown)), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(shown):
        colour = BLUE if row["as_good"] >= WORSE else GREY
        axes.plot([row["macro_f1_low"], row["macro_f1_high"]], [place, place], color=colour, linewidth=2)
        axes.plot(row["macro_f1"], place, "o", color=colour, markersize=5)
    axes.set_yticks(range(len(shown)), [_label(row) for row in shown], fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=12, loc="left")
    axes.set_xlabel(
        "macro-F1 on validation rows, and the middle 95 % of replicates (grey: worse than the first)"
    )
    axes.grid(axis="x", alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _label(row: Row) -> str:
    return name_of(row["setting"], Place(row["features"], row["window_seconds"]))
