"""Figures of alerts and probabilities: episodes found over alerts a day, and what a probability is worth."""

from typing import Any

from matplotlib.figure import Figure

from dnsanom.model.figures import BLUE, GREY, ORANGE, framed


def budget_figure(
    curve: list[dict[str, Any]], threshold: float, budget: float, others: dict[str, dict[str, Any]]
) -> Figure:
    """Recall by episode over false alerts a day; the chosen threshold and baselines as points."""
    figure, axes = framed(7.5, 6, "Episodes found, by what it costs analysts")
    points = sorted((p["false_alerts_per_day"], p["episode_recall"] or 0.0, p["threshold"]) for p in curve)
    axes.plot(
        [p[0] for p in points], [p[1] for p in points], "-o", color=BLUE, markersize=4, label="the model"
    )
    at = min(points, key=lambda p: abs(p[2] - threshold))
    axes.plot(*at[:2], "o", color=BLUE, markersize=13, fillstyle="none", markeredgewidth=2)
    axes.annotate("the chosen\nthreshold", at[:2], (10, -28), textcoords="offset points", color=BLUE)
    for (name, figures), mark in zip(others.items(), "s^Dv", strict=False):
        found = figures["episode_recall"]["share"] or 0.0
        axes.plot(figures["false_alerts_per_day"], found, mark, color=ORANGE, label=name, linestyle="none")
    axes.axvline(budget, color=GREY, linestyle=":", label=f"the budget, {budget:g} a day")
    axes.set_xscale("symlog", linthresh=1)
    axes.set(ylim=(0, 1.03), xlabel="false alerts a day", ylabel="share of attack episodes found")
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", frameon=False)
    return figure


def reliability_figure(calibration: dict[str, Any]) -> Figure:
    """Share of attacks over the probability given, in tenths; on the diagonal it means what it says."""
    title = f"What a probability is worth (expected error {calibration['error']:.3f})"
    figure, axes = framed(7.5, 6, title)
    bins = calibration["bins"]
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="means what it says")
    axes.plot([b["given"] for b in bins], [b["attacks"] for b in bins], "-o", color=BLUE, label="the model")
    for one in bins:
        axes.annotate(
            f"{one['rows']:,}",
            (one["given"], one["attacks"]),
            (6, -12),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(xlim=(-0.02, 1.08), ylim=(-0.02, 1.05), xlabel="probability of an attack that the model gives")
    axes.set_ylabel("share of these rows that are attacks")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", frameon=False)
    return figure
