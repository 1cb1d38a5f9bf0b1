"""The report's figures as PNG."""

from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

from dnsanom.model.baselines import CEILING, MAJORITY, PORT
from dnsanom.model.evaluation import Evaluation
from dnsanom.model.figures import confusion_figure, curve_figure, vector_figure
from dnsanom.model.report.curves import budget_figure, reliability_figure
from dnsanom.model.report.names import named


def pictures(done: Evaluation) -> dict[str, bytes]:
    """confusion, per_vector, pr, budget and reliability."""
    return {name: _png(figure) for name, figure in _figures(done).items()}


def _figures(done: Evaluation) -> dict[str, Figure]:
    shown = [*done.models, *(name for name in done.baselines if name not in (MAJORITY, PORT))]
    told = done.models | done.baselines
    marks = {named(m): done.models[m]["threshold"] for m in done.models}
    scored = {named(m): done.answers[m] for m in (*done.models, CEILING) if m in done.answers}
    others = {named(name): figures for name, figures in done.baselines.items() if name != MAJORITY}
    return {
        "confusion": confusion_figure(
            done.confusion(done.chosen), f"{named(done.chosen)}, {done.view} view, test rows"
        ),
        "per_vector": vector_figure({named(m): _f1(done, told[m]) for m in shown}, "F1 of each vector"),
        "pr": curve_figure(done.rows, scored, "Attack against benign, row by row", marks),
        "budget": budget_figure(done.parts["curve"], done.best["threshold"], done.budget, others),
        "reliability": reliability_figure(done.parts["calibration"]),
    }


def _f1(done: Evaluation, figures: dict[str, Any]) -> dict[str, float]:
    """F1 of the vectors that truly occur."""
    known, support = figures["vectors"], done.best["vectors"]
    return {v: known[v]["f1"] if v in known else 0.0 for v, row in support.items() if row["support"]}


def _png(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", bbox_inches="tight", pad_inches=0.15)
    return out.getvalue()
