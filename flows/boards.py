"""What a training found, read from the files of its stages, as rows of tables."""

import json
from collections.abc import Iterator
from typing import Any

from dnsanom.settings import Settings

MODELS = ("knn", "svm")


def leaderboard(settings: Settings, view: str) -> list[dict[str, Any]]:
    """Every setting of both sweeps on validation rows, the best macro-F1 first."""
    return sorted(_settings_tried(settings, view), key=lambda row: -row["macro-F1"])


def vectors(settings: Settings, view: str) -> list[dict[str, Any]]:
    """F1, precision, recall and support of each vector on the test rows, by the chosen model."""
    report = json.loads((settings.report(view) / "metrics.json").read_text())
    found = report["models"][report["chosen"]]["vectors"]
    return [{"vector": vector, "model": report["chosen"], **figures} for vector, figures in found.items()]


def labels(settings: Settings, view: str) -> str:
    """The report's sentence on where the labels come from."""
    return str(json.loads((settings.report(view) / "metrics.json").read_text())["labels"])


def model_page(settings: Settings, view: str) -> str:
    """Address of the view's registered model in MLflow's pages."""
    report = json.loads((settings.report(view) / "metrics.json").read_text())
    card = json.loads((settings.candidate(view, report["chosen"]) / "card.json").read_text())
    return f"{settings.mlflow_uri}/#/models/{card['name']}"


def _settings_tried(settings: Settings, view: str) -> Iterator[dict[str, Any]]:
    for model in MODELS:
        path = settings.candidate(view, model) / "sweep.json"
        for row in json.loads(path.read_text()) if path.exists() else ():
            if row["pruned"] is not None:
                continue  # dropped before it had learned from all rows, so its figures are not comparable
            yield {
                "model": model,
                "setting": " ".join(f"{name}={value}" for name, value in row["setting"].items()),
                "features": row["features"],
                "window": row["window_seconds"],
                "macro-F1": row["macro_f1"],
                "PR-AUC": row["pr_auc"],
            }
