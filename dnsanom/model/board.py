"""The leader-board of a sweep: what came of each setting, how sure that is, how far it is from the best."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dnsanom.model.candidates import Setting
from dnsanom.model.figures import BLUE, GREY
from dnsanom.model.intervals import interval
from dnsanom.model.scoring import Metrics

Row = dict[str, Any]
#: Settings that the picture shows at most.
_SHOWN = 40


@dataclass(frozen=True)
class Result:
    """A setting's validation figures, confusion table, macro-F1 in each replicate, and its seconds."""

    setting: Setting
    metrics: Metrics
    confusion: pd.DataFrame
    replicates: tuple[float, ...]
    fit_seconds: float
    predict_seconds: float

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return asdict(self) | {"confusion": self.confusion.reset_index().to_dict("list")}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Result":
        """What `to_json` gave."""
        table = pd.DataFrame(told["confusion"]).set_index("truth")
        return cls(**{**told, "confusion": table, "replicates": tuple(told["replicates"])})


def ranked(results: list[Result], order: list[Setting]) -> list[Result]:
    """Best macro-F1 first, of equals the simplest, which comes first in `order`."""
    return sorted(results, key=lambda r: (-r.metrics["macro_f1"], order.index(r.setting)))


def rows(results: list[Result]) -> list[Row]:
    """The board of ranked results.

    `macro_f1_low` and `_high` are the middle 95 % of replicates. `as_good` is the share of replicates in
    which the setting is at least as good as the first: below 0.025 it is worse, else the rows do not tell.
    """
    best = np.asarray(results[0].replicates)
    return [_row(result, float((np.asarray(result.replicates) >= best).mean())) for result in results]


def _row(result: Result, as_good: float) -> Row:
    low, high = interval(np.asarray(result.replicates))
    return {
        "setting": result.setting,
        "macro_f1": result.metrics["macro_f1"],
        "macro_f1_low": low,
        "macro_f1_high": high,
        "as_good": round(as_good, 4),
        "pr_auc": result.metrics["pr_auc"],
        "f1": {vector: row["f1"] for vector, row in result.metrics["vectors"].items()},
    }


def name_of(setting: Setting) -> str:
    """A setting as people write it."""
    return " ".join(f"{name}={value}" for name, value in setting.items())


def line(result: Result) -> str:
    """A result in one line."""
    figures = f"macro-F1 {result.metrics['macro_f1']:.3f}, PR-AUC {result.metrics['pr_auc'] or 0:.3f}"
    return f"{name_of(result.setting)}: {figures} ({result.fit_seconds + result.predict_seconds:.1f} s)"


def picture(board: list[Row], title: str) -> Figure:
    """Macro-F1 of the best settings with their intervals; grey where worse than the first for sure."""
    shown = board[:_SHOWN]
    figure = Figure(figsize=(9.5, 1.4 + 0.26 * len(shown)), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(shown):
        colour = BLUE if row["as_good"] >= 0.025 else GREY
        axes.plot([row["macro_f1_low"], row["macro_f1_high"]], [place, place], color=colour, linewidth=2)
        axes.plot(row["macro_f1"], place, "o", color=colour, markersize=5)
    axes.set_yticks(range(len(shown)), [name_of(row["setting"]) for row in shown], fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=12, loc="left")
    axes.set_xlabel(
        "macro-F1 on validation rows, and the middle 95 % of replicates (grey: worse than the first)"
    )
    axes.grid(axis="x", alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
