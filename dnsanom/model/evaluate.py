"""The test report: both kinds of model and two baselines on rows that no choice was made on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.dataset import fingerprint
from dnsanom.detect.merge import merging
from dnsanom.errors import DatasetError, RegistryError
from dnsanom.model import baselines, frames, report, tracking
from dnsanom.model.bundle import CARD_FILE, Bundle, digest, matrix, predict
from dnsanom.model.candidates import MODELS
from dnsanom.model.scoring import Metrics, alerting, confusion, flat, likeliest, macro_f1, metrics, per_vector
from dnsanom.settings import Settings


@dataclass(frozen=True)
class Evaluation:
    """What the report shows: where labels come from, the chosen model, figures and answers of each model."""

    view: str
    note: str
    chosen: str
    bundles: dict[str, Bundle]
    models: dict[str, Metrics]
    baselines: dict[str, Metrics]
    budget: float
    rows: pd.DataFrame
    answers: dict[str, pd.DataFrame]

    def confusion(self, model: str) -> pd.DataFrame:
        """Confusion table of a model's most probable vectors."""
        return confusion(self.rows["vector"], likeliest(self.answers[model]))

    def figures(self) -> Metrics:
        """All figures as metrics.json has them; the sentence on labels comes first."""
        return {
            "labels": self.note,
            "view": self.view,
            "chosen": self.chosen,
            **{k: self.models[self.chosen][k] for k in ("macro_f1", "pr_auc", "false_alerts_per_day")},
            "models": self.models,
            "baselines": self.baselines,
        }


def evaluate(settings: Settings, view: str) -> Evaluation:
    """Score the candidates on the test rows and write the report's folder.

    The winner is the one with the better macro-F1 on validation rows; the test rows choose nothing. Writes
    metrics.json, chosen.json, confusion.csv, figures and report.html, and logs them with the model to MLflow.
    Raises RegistryError without a candidate, DatasetError when it was made of another data set.
    """
    rows = frames.load(settings, view, "test")
    bundles = candidates(settings, view)
    answers = {model: predict(bundle, rows) for model, bundle in bundles.items()}
    done = Evaluation(
        view=view,
        note=frames.label_note(rows),
        chosen=winner(bundles),
        bundles=bundles,
        models={model: score(settings, bundles[model], rows, answers[model]) for model in bundles},
        baselines=_baselines(settings, view, rows),
        budget=settings.params.detect.false_alerts_per_day,
        rows=rows,
        answers=answers,
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
    for model, bundle in found.items():
        if bundle.card["data_md5"] != now:
            raise DatasetError(
                f"{folders[model]}: made of data set {bundle.card['data_md5']}, which is {now} by now; "
                f"run `dnsanom sweep --view {view} --model {model}`"
            )
    return found


def winner(bundles: dict[str, Bundle]) -> str:
    """The model with the best macro-F1 on validation rows; kNN of equals."""
    return max(bundles, key=lambda model: float(bundles[model].card["validation"]["macro_f1"]))


def score(settings: Settings, bundle: Bundle, rows: pd.DataFrame, answers: pd.DataFrame) -> Metrics:
    """A bundle's figures on labelled rows, and what comes of alerts at its own threshold."""
    return metrics(rows, answers) | alerting(
        rows, answers, bundle.card["threshold"], merging(settings.params)
    )


def _baselines(settings: Settings, view: str, rows: pd.DataFrame) -> dict[str, Metrics]:
    train = frames.load(settings, view, "train")
    said = {
        "rules only": baselines.by_rules(rows, settings.params.labels.get(view, ())),  # type: ignore[call-overload]
        "port only": baselines.by_port(rows, train, view),
    }
    tables = {name: confusion(rows["vector"], vector) for name, vector in said.items()}
    return {n: {"macro_f1": macro_f1(table), "vectors": per_vector(table)} for n, table in tables.items()}


def _write(settings: Settings, done: Evaluation) -> None:
    folder = settings.report(done.view)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "metrics.json", done.figures())
    _write_json(folder / "chosen.json", chosen_card(settings, done))
    done.confusion(done.chosen).to_csv(folder / "confusion.csv", lineterminator="\n")
    report.write(folder, done)


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


def _log(settings: Settings, done: Evaluation) -> None:
    bundle, folder = done.bundles[done.chosen], settings.candidate(done.view, done.chosen)
    tags = frames.tags(settings, done.view, done.rows)
    tags |= {"model": done.chosen, "kind": "evaluate", "digest": digest(folder)}
    with tracking.run(settings, done.view, f"evaluate-{done.view}", tags) as run:
        figures = flat(done.models[done.chosen])
        figures |= {f"macro_f1/{name}": m["macro_f1"] for name, m in (done.models | done.baselines).items()}
        run.log(bundle.card["setting"], figures, {"mlflow.note.content": done.note})
        seen = matrix(done.rows, done.view).assign(vector=done.rows["vector"])
        run.data(seen, settings.dataset(done.view) / "test.parquet", "test", tags["data_md5"])
        run.table("confusion.json", done.confusion(done.chosen).reset_index())
        run.files(settings.report(done.view))
        model_id = run.model(bundle, folder, done.rows.head(5))
        run.log({}, {}, {"model_id": model_id})
