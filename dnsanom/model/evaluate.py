"""The test report: both kinds of model and the baselines on rows that no choice was made on."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.dataset import fingerprint
from dnsanom.detect.merge import merging
from dnsanom.errors import DatasetError, RegistryError
from dnsanom.model import examined, frames, report, tracking
from dnsanom.model.bundle import CARD_FILE, Bundle, digest, matrix, predict
from dnsanom.model.candidates import MODELS
from dnsanom.model.evaluation import Evaluation
from dnsanom.model.methods import methods
from dnsanom.model.sampled import PARTS
from dnsanom.model.scoring import Metrics, alerting, flat, metrics, worth
from dnsanom.settings import Settings


def evaluate(settings: Settings, view: str) -> Evaluation:
    """Score the candidates on the test rows and write the report's folder.

    The winner is chosen on validation rows, see `winner`; the test rows choose nothing. Writes
    metrics.json, chosen.json, confusion.csv, figures and report.html, and logs them with the model to MLflow.
    Raises RegistryError without a candidate, DatasetError when it was made of another data set.
    """
    rows, merge = frames.load(settings, view, "test"), merging(settings.params)
    bundles = candidates(settings, view)
    train, validation = (frames.load(settings, view, part) for part in PARTS[:2])
    others = methods(settings, view, rows, train, validation)
    answers = {model: predict(bundle, rows) for model, bundle in bundles.items()}
    chosen = winner(bundles)
    parts = examined.of_rows(bundles[chosen], rows, answers[chosen], merge, settings.params.dataset.seed)
    done = Evaluation(
        view=view,
        note=frames.label_note(rows),
        chosen=chosen,
        bundles=bundles,
        models={model: score(settings, bundles[model], rows, answers[model]) for model in bundles},
        baselines={name: method.figures(rows, merge) for name, method in others.items()},
        budget=settings.params.detect.false_alerts_per_day,
        rows=rows,
        answers=answers | {name: method.answers for name, method in others.items()},
        parts=parts | examined.of_training(settings, bundles[chosen], train, validation, rows, merge),
    )
    _write(settings, done)
    _log(settings, done)
    return done


def candidates(settings: Settings, view: str) -> dict[str, Bundle]:
    """The sweeps' best models, at least one, all made of the data set as it is now."""
    folders = {model: settings.candidate(view, model) for model in MODELS}
    found = {m: Bundle.load(folder) for m, folder in folders.items() if (folder / CARD_FILE).exists()}
    if not found:
        raise RegistryError(
            f"{settings.candidate(view, MODELS[0]).parent}: no candidate; "
            f"`dnsanom sweep --view {view} --model {MODELS[0]}` makes one"
        )
    now = fingerprint.md5(settings, view)
    length = settings.params.dns.window_seconds
    for model, bundle in found.items():
        if (own := bundle.card["window_seconds"]) != length:
            raise DatasetError(
                f"{folders[model]}: made of windows of {own} s, dns.window_seconds is {length}; set it to "
                f"{own} and run `dnsanom prepare --view {view}`, or "
                f"`dnsanom sweep --view {view} --model {model}`"
            )
        if bundle.card["data_md5"] != now:
            raise DatasetError(
                f"{folders[model]}: made of data set {bundle.card['data_md5']}, which is {now} by now; "
                f"run `dnsanom sweep --view {view} --model {model}`"
            )
    return found


def winner(bundles: dict[str, Bundle]) -> str:
    """The model that is worth most on validation rows, see `worth`; kNN of equals."""
    return max(bundles, key=lambda model: worth(bundles[model].card["validation"]))


def score(settings: Settings, bundle: Bundle, rows: pd.DataFrame, answers: pd.DataFrame) -> Metrics:
    """A bundle's figures on labelled rows, and what comes of alerts at its own threshold."""
    return metrics(rows, answers) | alerting(
        rows, answers, bundle.card["threshold"], merging(settings.params)
    )


def _write(settings: Settings, done: Evaluation) -> None:
    folder = settings.report(done.view)
    report.write(folder, done)
    _write_json(folder / "chosen.json", chosen_card(settings, done))


def chosen_card(settings: Settings, done: Evaluation) -> dict[str, Any]:
    """Which candidate the report is of: its kind, and the digest that the registry knows it by."""
    card = done.bundles[done.chosen].card
    return {
        "view": done.view,
        "model": done.chosen,
        "setting": card["setting"],
        "digest": digest(settings.candidate(done.view, done.chosen)),
        "validation_macro_f1": card["validation"]["macro_f1"],
        "data_md5": card["data_md5"],
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")


def _note(done: Evaluation) -> str:
    """The run's description: the first line of the report, its verdict, and where the page is."""
    told = "\n".join(f"- {sentence}" for sentence in report.verdict.sentences(done))
    return (
        f"{done.note}\n\n{told}\n\nThe whole report is the artifact report.html; its figures, metrics.json."
    )


def _log(settings: Settings, done: Evaluation) -> None:
    bundle, folder = done.bundles[done.chosen], settings.candidate(done.view, done.chosen)
    tags = frames.tags(settings, done.view, done.rows)
    tags |= {"model": done.chosen, "kind": "evaluate", "digest": digest(folder)}
    with tracking.run(settings, done.view, f"evaluate-{done.view}", tags) as run:
        figures = flat(done.models[done.chosen])
        figures |= {f"macro_f1/{name}": m["macro_f1"] for name, m in (done.models | done.baselines).items()}
        run.log(
            bundle.card["setting"], figures, {"mlflow.note.content": _note(done), "report": "report.html"}
        )
        seen = matrix(done.rows, done.view).assign(vector=done.rows["vector"])
        run.data(seen, settings.dataset(done.view) / "test.parquet", "test", tags["data_md5"])
        run.table("confusion.json", done.confusion(done.chosen).reset_index())
        run.files(settings.report(done.view))
        model_id = run.model(bundle, folder, done.rows.head(5))
        run.log({}, {}, {"model_id": model_id})
