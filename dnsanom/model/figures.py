"""Figures of a model's answers, without a display. Colours are told apart by colour-blind readers too."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from dnsanom.schema import BENIGN
from dnsanom.shares import percent

#: Okabe and Ito's palette.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#8A8A8A"


def words(vector: str) -> str:
    """A vector's name as a reader writes it."""
    return vector.replace("_", " ")


def confusion_figure(table: pd.DataFrame, title: str) -> Figure:
    """Counts of rows; the colour is the share of a true vector's rows, so that rare vectors are seen too."""
    figure, axes = framed(9, 7, title)
    share = table.div(table.sum(axis=1).replace(0, 1), axis=0).to_numpy()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table.to_numpy()):
        if count:
            shade = "white" if share[row, column] > 0.55 else "#222222"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=shade, parse_math=False)
    names = [words(v) for v in table.index]
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
    recall = np.diag(share)
    support = [
        f"{name}  {percent(part, 1)} of {n:,}"
        for name, part, n in zip(names, recall, table.sum(axis=1), strict=True)
    ]
    axes.set_yticks(range(len(names)), support)
    axes.set_xlabel("what the model says (rows; darker: a larger share of the true vector's rows)")
    axes.set_ylabel("truth (share named rightly, rows)")
    figure.subplots_adjust(left=0.27, right=0.98, top=0.93, bottom=0.2)
    return figure


def curve_figure(
    rows: pd.DataFrame, scored: dict[str, pd.DataFrame], title: str, marks: dict[str, float]
) -> Figure:
    """Precision over recall of attack against benign, one line a model; the point is its threshold."""
    figure, axes = framed(7.5, 6, title)
    attack = (rows["vector"] != BENIGN).to_numpy()
    for (name, answers), colour, dash in zip(
        scored.items(), (BLUE, ORANGE, GREEN), ("-", "--", "-."), strict=False
    ):
        if attack.any():
            score = answers["score"].to_numpy()
            precision, recall, _ = precision_recall_curve(attack, score)
            axes.step(recall, precision, dash, where="post", color=colour, label=name, linewidth=2)
            if name in marks:
                hit = score >= marks[name]
                at = ((attack & hit).sum() / attack.sum(), (attack & hit).sum() / max(hit.sum(), 1))
                axes.plot(*at, "o", color=colour, markersize=9, label=f"{name} at its threshold")
    axes.axhline(attack.mean(), color=GREY, linestyle=":", label=f"by chance ({percent(attack.mean(), 1)})")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.02), xlabel="recall: share of attack rows found")
    axes.set_ylabel("precision: share of found rows that are attacks")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", frameon=False)
    return figure


def vector_figure(f1: dict[str, dict[str, float]], title: str) -> Figure:
    """F1 of each vector, one bar a method (model or baseline)."""
    vectors = list(next(iter(f1.values())))
    figure, axes = framed(9.5, 1.2 + 0.62 * len(vectors), title)
    height = 0.8 / len(f1)
    colours = (BLUE, ORANGE, GREEN, GREY)
    for place, (method, values) in enumerate(f1.items()):
        bars = [values[v] for v in vectors]
        at = [i + (place - (len(f1) - 1) / 2) * height for i in range(len(vectors))]
        drawn = axes.barh(at, bars, height * 0.9, color=colours[place % 4], label=method)
        axes.bar_label(drawn, fmt="%.2f", padding=3, fontsize=8)
    axes.set_yticks(range(len(vectors)), [words(v) for v in vectors])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.1), xlabel="F1")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, frameon=False)
    return figure


def framed(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    """An empty figure of inches, with its title."""
    figure = Figure(figsize=(width, height), dpi=100)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=12, loc="left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes
