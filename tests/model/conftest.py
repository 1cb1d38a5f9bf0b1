"""Fixtures of the model tests: a prepared project, and one that has been swept, evaluated and promoted."""

import shutil
from pathlib import Path

import pytest
from synthetic import prepared

from dnsanom.model import tracking
from dnsanom.model.evaluate import evaluate
from dnsanom.model.promote import promote
from dnsanom.model.sweep import sweep
from dnsanom.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that MLflow has made its tables in, which takes it seconds, to be copied."""
    root = tmp_path_factory.mktemp("store")
    shutil.copy(ROOT / "params.yaml", root)
    tracking.connect(load_settings(root, {}))
    return root / "var" / "mlflow.db"


@pytest.fixture
def project(settings: Settings, empty_store: Path) -> Settings:
    """A project with the data set of the window view, small grids and an empty store."""
    return with_store(prepared(settings), empty_store)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Settings:
    """The same, swept, evaluated and promoted once for all tests; not to be changed."""
    root = tmp_path_factory.mktemp("trained")
    shutil.copy(ROOT / "params.yaml", root)
    settings = with_store(prepared(load_settings(root, {})), empty_store)
    for model in ("knn", "svm"):
        sweep(settings, "window", model, lambda line: None)
    evaluate(settings, "window")
    promote(settings, "window")
    return settings


@pytest.fixture
def copied(trained: Settings, tmp_path: Path) -> Settings:
    """A copy of the trained project's data, and its registry, for a test to change."""
    return cloned(trained, tmp_path / "copy")


@pytest.fixture
def untracked(trained: Settings, tmp_path: Path, empty_store: Path) -> Settings:
    """A copy of the trained project's data beside an empty store, as after a pull from the DVC remote."""
    settings = cloned(trained, tmp_path / "untracked")
    return with_store(settings, empty_store)


def with_store(settings: Settings, store: Path) -> Settings:
    """The settings, with a copy of an MLflow store."""
    settings.var.mkdir(parents=True, exist_ok=True)
    shutil.copy(store, settings.var / "mlflow.db")
    return settings


def cloned(settings: Settings, root: Path) -> Settings:
    """The project in another folder; its runs' artifacts are read where they were logged."""
    shutil.copytree(settings.root, root)
    moved = {"root": root, "data": root / "data", "var": root / "var"}
    return settings.model_copy(update=moved | {"mlflow_uri": f"sqlite:///{root / 'var' / 'mlflow.db'}"})
