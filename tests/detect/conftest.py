"""Fixtures of the detection tests."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest
from hand_made import train

from dnsanom.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Trains a model of a view once and saves it; gives its folder."""

    @cache
    def make(view: str) -> Path:
        folder = tmp_path_factory.mktemp(view)
        train(view, load_settings(ROOT, {}).params.dns).save(folder)
        return folder

    return make


@pytest.fixture
def model_folder(settings: Settings, trained: Callable[[str], Path]) -> Callable[[str], str]:
    """Gives the folder of a view's model, the test's own copy."""
    return lambda view: str(copytree(trained(view), settings.root / f"model-{view}", dirs_exist_ok=True))


@pytest.fixture
def folder(model_folder: Callable[[str], str]) -> str:
    """Folder of the window view's model."""
    return model_folder("window")
