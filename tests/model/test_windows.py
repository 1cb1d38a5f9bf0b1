"""Sweeps over windows of several lengths: data sets of their own, and what comes of the candidate."""

import json
import shutil
from pathlib import Path

import pytest
from synthetic import rows, write

from dnsanom.errors import DatasetError
from dnsanom.model import ground
from dnsanom.model.bundle import Bundle
from dnsanom.model.evaluate import candidates
from dnsanom.model.frames import counted, load
from dnsanom.model.ground import Grounds, Place
from dnsanom.model.sweep import sweep
from dnsanom.settings import Settings

#: Windows of 30 s are more than those of 60 s, and told apart by other rows.
COUNTS = {"benign": 500, "tunnel": 90, "scan": 90, "water_torture": 90}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where data sets were prepared; rows are made by hand, as the project has no flows."""
    folders: list[Path] = []

    def prepare(settings: Settings, view: str) -> Path:
        folder = settings.dataset(view)
        folders.append(folder)
        write(folder, *(rows(COUNTS, seed) for seed in (11, 12, 13)))
        return folder

    monkeypatch.setattr(ground, "prepare", prepare)
    return folders


def at_windows(settings: Settings, *lengths: int) -> Settings:
    sweeps = settings.params.sweep.model_copy(update={"window_seconds": lengths})
    return settings.model_copy(update={"params": settings.params.model_copy(update={"sweep": sweeps})})


def test_another_window_has_a_data_set_of_its_own_made_once(project: Settings, made: list[Path]) -> None:
    sets = project.data / "sets"
    Grounds(project, "window").at(Place("chosen", 60))
    assert made == []
    for _ in range(2):
        Grounds(project, "window").at(Place(3, 30))
    assert made == [sets / "window@30"]
    (sets / "window" / "features.json").write_text(json.dumps({"features": ["gain"], "scores": {}}))
    Grounds(project, "window").at(Place(3, 30))
    assert made == [sets / "window@30"] * 2  # the flows or parameters are others now


def test_a_grid_over_windows_makes_a_candidate_that_says_so(project: Settings, made: list[Path]) -> None:
    board = sweep(at_windows(project, 30, 60), "window", "knn", lambda line: None)
    assert {row["window_seconds"] for row in board} == {30, 60}
    assert len(board) == 2 * len({json.dumps(row["setting"]) for row in board})
    card = Bundle.load(project.candidate("window", "knn")).card
    assert card["window_seconds"] == board[0]["window_seconds"]


def test_a_candidate_of_other_windows_is_evaluated_when_they_are_the_standard(
    project: Settings, made: list[Path]
) -> None:
    sweep(at_windows(project, 30), "window", "knn", lambda line: None)
    with pytest.raises(DatasetError, match=r"of windows of 30 s, dns\.window_seconds is 60; set it to 30"):
        candidates(project, "window")
    dns = project.params.dns.model_copy(update={"window_seconds": 30})
    later = project.model_copy(update={"params": project.params.model_copy(update={"dns": dns})})
    shutil.rmtree(later.dataset("window"))
    write(later.dataset("window"), *(rows(COUNTS, seed) for seed in (11, 12, 13)))
    assert set(candidates(later, "window")) == {"knn"}


def test_a_data_set_of_other_windows_than_params_say_is_refused(project: Settings) -> None:
    summary = project.dataset("window") / "summary.json"
    summary.write_text(json.dumps({"window_seconds": 60}))
    assert len(load(project, "window", "train"))
    summary.write_text(json.dumps({"window_seconds": 30}))
    told = r"windows of 30 s, dns\.window_seconds is 60; `dnsanom prepare"
    with pytest.raises(DatasetError, match=told):
        load(project, "window", "train")
    with pytest.raises(DatasetError, match=told):
        counted(project, "window", "train", ["gain"], ["vector"])
