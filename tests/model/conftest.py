"""Fixtures of the model tests: a prepared project, and one that has been swept, evaluated and promoted."""

import shutil
from pathlib import Path

import pytest
from synthetic import prepared

from dnsanom.model.evaluate import evaluate
from dnsanom.model.promote import promote
from dnsanom.model.sweep import sweep
from dnsanom.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(settings: Settings) -> Settings:
    """A project with the data set of the window view, and small grids."""
    return prepared(settings)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same, swept, evaluated and promoted once for all tests; not to be changed."""
    root = tmp_path_factory.mktemp("trained")
    shutil.copy(ROOT / "params.yaml", root)
    settings = prepared(load_settings(root, {}))
    for model in ("knn", "svm"):
        sweep(settings, "window", model, lambda line: None)
    evaluate(settings, "window")
    promote(settings, "window")
    return settings


@pytest.fixture
def copied(trained: Settings, tmp_path: Path) -> Settings:
    """A copy of the trained project's data, and its registry, for a test to change."""
    return cloned(trained, tmp_path / "copy")


def cloned(settings: Settings, root: Path) -> Settings:
    """The project in another folder; its runs' artifacts are read where they were logged."""
    shutil.copytree(settings.root, root)
    moved = {"root": root, "data": root / "data", "var": root / "var"}
    return settings.model_copy(update=moved | {"mlflow_uri": f"sqlite:///{root / 'var' / 'mlflow.db'}"})
