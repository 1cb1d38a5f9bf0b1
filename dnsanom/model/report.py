"""The test report as figures and one self-contained page."""

import base64
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from matplotlib.figure import Figure

from dnsanom.model.figures import confusion_figure, curve_figure, vector_figure, words
from dnsanom.schema import BENIGN, FEATURES

if TYPE_CHECKING:
    from dnsanom.model.evaluate import Evaluation

NAMES = {"knn": "kNN", "svm": "SVM"}
_TEMPLATE = Path(__file__).with_name("report.html")


def write(folder: Path, done: "Evaluation") -> None:
    """Write confusion.png, confusion_other.png, per_vector.png, pr.png and report.html."""
    figures = {name: _png(figure) for name, figure in _figures(done).items()}
    for name, data in figures.items():
        (folder / f"{name}.png").write_bytes(data)
    (folder / "report.html").write_text(page(done, figures))


def page(done: "Evaluation", figures: dict[str, bytes]) -> str:
    """The report as HTML with its figures inside."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"words": words, "share": _share}
    sources = {
        name: "data:image/png;base64," + base64.b64encode(png).decode() for name, png in figures.items()
    }
    return environment.from_string(_TEMPLATE.read_text()).render(**facts(done), figures=sources)


def facts(done: "Evaluation") -> dict[str, Any]:
    """What the page says, apart from the figures."""
    best, card = done.models[done.chosen], done.bundles[done.chosen].card
    attacks = {v: row for v, row in best["vectors"].items() if v != BENIGN and row["support"]}
    return {
        "note": done.note,
        "from_truth": bool((done.rows["label_source"] == "truth").all()),
        "view": done.view,
        "name": NAMES[done.chosen],
        "best": best,
        "card": card,
        "attacks": attacks,
        "budget": done.budget,
        "all": sum(e["episodes"] for e in best["episodes"].values()),
        "found": sum(e["flagged"] for e in best["episodes"].values()),
        "named": sum(e["named"] for e in best["episodes"].values()),
        "weakest": min(attacks, key=lambda v: attacks[v]["f1"], default=None),
        "models": {NAMES[m]: figures for m, figures in done.models.items()},
        "cards": {NAMES[m]: bundle.card for m, bundle in done.bundles.items()},
        "baselines": done.baselines,
        "features": [f for f in FEATURES[done.view] if f.name in card["features"]],
        "first": done.rows["first_seen"].min().strftime("%Y-%m-%d %H:%M"),
        "last": done.rows["first_seen"].max().strftime("%Y-%m-%d %H:%M"),
    }


def _figures(done: "Evaluation") -> dict[str, Figure]:
    titles = {model: f"{NAMES[model]}, {done.view} view, test rows" for model in done.models}
    other = next((m for m in done.models if m != done.chosen), None)
    f1 = {NAMES[m]: _f1(done, figures) for m, figures in done.models.items()}
    f1 |= {name: _f1(done, figures) for name, figures in done.baselines.items()}
    named = {NAMES[model]: answers for model, answers in done.answers.items()}
    made = {
        "confusion": confusion_figure(done.confusion(done.chosen), titles[done.chosen]),
        "per_vector": vector_figure(f1, "F1 of each vector on test rows"),
        "pr": curve_figure(done.rows, named, "Attack against benign, row by row"),
    }
    return made | (
        {"confusion_other": confusion_figure(done.confusion(other), titles[other])} if other else {}
    )


def _f1(done: "Evaluation", figures: dict[str, Any]) -> dict[str, float]:
    """F1 of the vectors that truly occur."""
    known = figures["vectors"]
    support = done.models[done.chosen]["vectors"]
    return {v: known[v]["f1"] if v in known else 0.0 for v, row in support.items() if row["support"]}


def _png(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", bbox_inches="tight", pad_inches=0.15)
    return out.getvalue()


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
