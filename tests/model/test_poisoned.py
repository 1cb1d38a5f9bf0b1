"""Test rows have no part in a model: poisoned, they change no byte of it, and not its threshold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dnsanom.model.bundle import CARD_FILE, MODEL_FILE
from dnsanom.model.sweep import sweep
from dnsanom.schema import feature_names
from dnsanom.settings import Settings


@pytest.fixture
def small(project: Settings) -> Settings:
    """Grids of two settings, so that there is something to choose."""
    sweep_ = project.params.sweep
    knn = sweep_.knn.model_copy(
        update={"n_neighbors": (3, 9), "weights": ("uniform",), "metric": ("euclidean",)}
    )
    svm = sweep_.svm.model_copy(update={"C": (1.0, 10.0), "gamma": ("scale",), "kernel": ("rbf",)})
    grids = sweep_.model_copy(update={"knn": knn, "svm": svm})
    return project.model_copy(update={"params": project.params.model_copy(update={"sweep": grids})})


def _absurd(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**dict.fromkeys(feature_names("window"), 1e9))


def _permuted(rows: pd.DataFrame) -> pd.DataFrame:
    turned = rows[["vector", "episode"]].sample(frac=1, random_state=1, ignore_index=True)
    return rows.assign(vector=turned["vector"], episode=turned["episode"])


def _swept(project: Settings, model: str) -> tuple[bytes, dict[str, Any]]:
    """Bytes of the model, and its card but for the name of the data set, which test rows are part of."""
    sweep(project, "window", model, lambda line: None)
    folder = project.candidate("window", model)
    card = json.loads((folder / CARD_FILE).read_text())
    assert card.pop("data_md5")
    return (folder / MODEL_FILE).read_bytes(), card


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_poisoned_test_rows_make_the_same_model(small: Settings, model: str) -> None:
    path: Path = small.dataset("window") / "test.parquet"
    rows = pd.read_parquet(path)
    clean = _swept(small, model)
    assert clean[1]["threshold"] >= 0.5
    poison: tuple[Callable[[pd.DataFrame], pd.DataFrame], ...] = (_absurd, _permuted)
    for spoil in poison:
        spoil(rows).to_parquet(path, index=False)
        assert not pd.read_parquet(path).equals(rows)
        assert _swept(small, model) == clean


def test_poisoned_validation_rows_move_the_threshold_only_where_they_may(small: Settings) -> None:
    """The test above would see a leak: rows that may have a part, poisoned, do change the card."""
    path = small.dataset("window") / "validation.parquet"
    clean = _swept(small, "knn")
    _permuted(pd.read_parquet(path)).to_parquet(path, index=False)
    assert _swept(small, "knn")[1] != clean[1]
