"""The sweep: what it keeps, and what it logs to a real MLflow on SQLite."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from synthetic import prepared, rows, write

from dnsanom.dataset import fingerprint
from dnsanom.errors import DatasetError
from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.candidates import grid
from dnsanom.model.frames import load
from dnsanom.model.scoring import confusion, likeliest, macro_f1
from dnsanom.model.sweep import sweep
from dnsanom.model.tracking import connect
from dnsanom.settings import Settings

FILES = ("model.skops", "novelty.skops", "card.json", "sweep.json", "sweep.csv")


def quiet(line: str) -> None:
    """Say nothing."""


def board(settings: Settings, model: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((settings.candidate("window", model) / "sweep.json").read_text())
    return found


def runs(settings: Settings, kind: str) -> list[Any]:
    client = connect(settings)
    experiment = client.get_experiment_by_name("dnsanom-window")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], f"tags.kind = '{kind}'", max_results=200))


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_the_best_by_validation_rows_is_kept(trained: Settings, model: str) -> None:
    scores = [row["macro_f1"] for row in board(trained, model)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == len(grid(trained.params.sweep, model))
    bundle = Bundle.load(trained.candidate("window", model))
    assert bundle.card["setting"] == board(trained, model)[0]["setting"]
    validation = load(trained, "window", "validation")
    said = likeliest(predict(bundle, validation))
    assert macro_f1(confusion(validation["vector"], said)) == scores[0]


def test_the_test_rows_choose_nothing(trained: Settings, project: Settings) -> None:
    poisoned = load(project, "window", "test").assign(vector="flood", query_packets=1e6)
    poisoned.to_parquet(project.dataset("window") / "test.parquet", index=False)
    sweep(project, "window", "knn", quiet)
    assert board(project, "knn") == board(trained, "knn")


def test_the_same_inputs_give_the_same_bytes(trained: Settings, project: Settings) -> None:
    for model in ("knn", "svm"):
        sweep(project, "window", model, quiet)
        for name in FILES:
            ours, theirs = (s.candidate("window", model) / name for s in (project, trained))
            assert ours.read_bytes() == theirs.read_bytes(), name


def test_a_parent_run_holds_one_run_a_setting(trained: Settings) -> None:
    every = runs(trained, "sweep")
    parents = {r.data.tags["model"]: r for r in every if "mlflow.parentRunId" not in r.data.tags}
    assert set(parents) == {"knn", "svm"}
    for model, parent in parents.items():
        nested = [r for r in every if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        assert len(nested) == len(grid(trained.params.sweep, model))
        assert {r.info.status for r in nested} == {"FINISHED"}
        best = max(r.data.metrics["macro_f1"] for r in nested)
        assert parent.data.metrics["macro_f1"] == best


def test_a_nested_run_says_what_was_tried_and_what_came_of_it(trained: Settings) -> None:
    run = next(r for r in runs(trained, "sweep") if "mlflow.parentRunId" in r.data.tags)
    assert {"macro_f1", "pr_auc", "f1/tunnel", "support/tunnel", "fit_seconds", "predict_seconds"} <= set(
        run.data.metrics
    )
    tags = run.data.tags
    assert tags["data_md5"] == fingerprint.md5(trained, "window")
    assert {"view": "window", "label_source": "truth"}.items() <= tags.items()
    assert tags["code"]
    client = connect(trained)
    files = {f.path for f in client.list_artifacts(run.info.run_id)}
    assert {"confusion.png", "confusion.json"} <= files
    folder = Path(client.download_artifacts(run.info.run_id, "confusion.json"))
    table = pd.read_json(folder, orient="split").set_index("truth")
    counts = load(trained, "window", "validation")["vector"].value_counts()
    assert table.sum(axis=1).to_dict() == counts.to_dict()


def test_the_parent_has_data_and_a_model_that_loads_safely(trained: Settings) -> None:
    parent = next(r for r in runs(trained, "sweep") if "mlflow.parentRunId" not in r.data.tags)
    (given,) = parent.inputs.dataset_inputs
    assert given.dataset.digest == fingerprint.md5(trained, "window")
    client = connect(trained)
    (logged,) = client.search_logged_models(
        [parent.info.experiment_id], f"source_run_id = '{parent.info.run_id}'"
    )
    folder = Path(logged.artifact_location.removeprefix("file://"))
    assert folder.is_relative_to(trained.var / "mlflow" / "artifacts")
    assert "serialization_format: skops" in (folder / "MLmodel").read_text()
    assert not list(folder.glob("*.pkl"))
    assert Bundle.load(folder).card["view"] == "window"


def test_equals_are_won_by_the_simplest() -> None:
    from dnsanom.params import Sweep

    table = {"n_neighbors": (3, 15), "weights": ("distance", "uniform"), "metric": ("manhattan",)}
    svm = {"kernel": ("rbf", "linear"), "C": (10.0, 1.0), "gamma": (0.5, "scale")}
    sweeps = Sweep.model_validate({"knn": table, "svm": svm})
    assert grid(sweeps, "knn")[0] == {"n_neighbors": 15, "weights": "uniform", "metric": "manhattan"}
    assert grid(sweeps, "svm")[0] == {"kernel": "linear", "C": 1.0, "gamma": "scale"}
    assert len(grid(sweeps, "svm")) == 8


def test_an_svm_is_fitted_on_no_more_rows_than_it_may_and_says_a_line_a_setting(project: Settings) -> None:
    small = project.params.sweep.model_copy(update={"svm_rows": 200})
    params = project.params.model_copy(update={"sweep": small})
    settings = project.model_copy(update={"params": params})
    said: list[str] = []
    sweep(settings, "window", "svm", said.append)
    assert len(said) == len(grid(settings.params.sweep, "svm"))
    assert "macro-F1 0." in said[0]
    fitted = Bundle.load(settings.candidate("window", "svm")).pipeline[-1]
    assert fitted.svc_.shape_fit_[0] == 200
    assert set(fitted.classes_) == {"benign", "tunnel", "scan", "water_torture"}


def test_what_can_not_be_learned_from_is_named(settings: Settings) -> None:
    with pytest.raises(DatasetError, match=r"train\.parquet: no such file; `dnsanom prepare --view window`"):
        sweep(settings, "window", "knn", quiet)
    benign = rows({"benign": 50}, 1)
    write(settings.dataset("window"), benign, benign, benign)
    with pytest.raises(DatasetError, match="vectors are benign: benign rows and at least one attack"):
        sweep(settings, "window", "knn", quiet)
    prepared(settings)
    (settings.dataset("window") / "features.json").write_text('{"features": ["colour"]}')
    with pytest.raises(DatasetError, match=r"features\.json: colour: no features of the window view"):
        sweep(settings, "window", "knn", quiet)
