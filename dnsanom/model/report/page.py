"""The report as one self-contained HTML page."""

import base64
from pathlib import Path
from typing import Any

import jinja2

from dnsanom.model.evaluation import Evaluation
from dnsanom.model.report import verdict
from dnsanom.model.report.names import named, percent, rate, words
from dnsanom.schema import BENIGN, FEATURES

_TEMPLATE = Path(__file__).with_name("report.html")
#: What each baseline is, for who has not met it.
BASELINES = {
    "rules only": "the label rules of params.yaml",
    "port only": "the most frequent vector of the same ports",
    "majority": "the most frequent vector, whatever the row",
    "boosted trees": "gradient-boosted trees on all fifteen features: about the ceiling",
}


def page(done: Evaluation, figures: dict[str, bytes]) -> str:
    """The report as HTML with its figures inside."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"words": words, "share": _share, "rate": rate, "number": _number, "span": _span}
    environment.filters["named"] = named
    sources = {
        name: "data:image/png;base64," + base64.b64encode(png).decode() for name, png in figures.items()
    }
    return environment.from_string(_TEMPLATE.read_text()).render(**facts(done), figures=sources)


def facts(done: Evaluation) -> dict[str, Any]:
    """What the page says, apart from the figures."""
    known = bool(done.rows["label_source"].isin(["truth", "verdict"]).all())
    return {
        "note": done.note,
        "from_truth": known,
        "verdict": verdict.sentences(done),
        "view": done.view,
        "name": named(done.chosen),
        "chosen": done.chosen,
        "best": done.best,
        "card": done.bundle.card,
        "attacks": [v for v, row in done.best["vectors"].items() if v != BENIGN and row["support"]],
        "budget": done.budget,
        "models": done.models,
        "cards": {m: bundle.card for m, bundle in done.bundles.items()},
        "baselines": done.baselines,
        "about": BASELINES,
        "parts": done.parts,
        "features": [f for f in FEATURES[done.view] if f.name in done.bundle.card["features"]],
        "first": done.rows["first_seen"].min().strftime("%Y-%m-%d %H:%M"),
        "last": done.rows["first_seen"].max().strftime("%Y-%m-%d %H:%M"),
        "rows": len(done.rows),
    }


def _share(value: float | None) -> str:
    return percent(value, 0 if value in (0, 1) else 1)


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
