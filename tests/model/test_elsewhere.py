"""Labelled exports from elsewhere: the champion's figures on them, and clear refusals."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_bundle import bundle

from dnsanom.errors import BadUseError, DatasetError
from dnsanom.model.elsewhere import evaluate_on, labelled, truth_of
from dnsanom.settings import Settings
from dnsanom.simulate.write import simulate_to

START = datetime(2026, 3, 2, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    simulate_to(str(folder), START, 0.5, 20, 3, fmt="csv")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> str:
    made = bundle()
    card = made.card | {"usual": {name: [2.0, 1.0] for name in made.card["features"]}}
    folder = tmp_path / "model"
    made.save(folder)
    (folder / "card.json").write_text(json.dumps(card))
    return str(folder)


def quiet(line: str) -> None:
    """Say nothing."""


def test_exports_with_truth_beside_them_give_the_report(
    settings: Settings, exports: Path, model: str, tmp_path: Path
) -> None:
    page = evaluate_on(settings, "window", [str(exports)], model, None, tmp_path / "out", quiet)
    told = json.loads((page.parent / "metrics.json").read_text())
    assert told["labels"].startswith("Labels come from truth")
    assert set(told["baselines"]) == {"rules only"}
    assert str(exports) in page.read_text()
    assert {"confusion.csv", "curve.csv", "pr.csv", "report.html"} <= {p.name for p in page.parent.iterdir()}


def test_rows_are_labelled_by_truth_alone(settings: Settings, exports: Path) -> None:
    truth = truth_of([str(exports)])
    rows = labelled(settings, "window", [str(exports)], truth, 60, quiet)
    assert set(rows["label_source"]) == {"truth"}
    assert set(rows["vector"]) <= {"benign", *truth["vector"]}
    assert rows["first_seen"].is_monotonic_increasing


def test_an_export_that_can_not_be_read_is_named(settings: Settings, exports: Path, tmp_path: Path) -> None:
    broken, said = tmp_path / "broken.csv", list[str]()
    broken.write_bytes(b"\x00\x01nothing")
    labelled(settings, "window", [str(exports), str(broken)], truth_of([str(exports)]), 60, said.append)
    assert any("broken.csv" in line for line in said)
    with pytest.raises(DatasetError, match=r"broken\.csv: no DNS flows in 1 exports"):
        labelled(settings, "window", [str(broken)], truth_of([str(exports)]), 60, quiet)


def test_no_truth_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match=r"no truth\.csv beside; --truth FILE says what is true"):
        truth_of([str(tmp_path / "export.csv")])
    with pytest.raises(BadUseError, match=r"nowhere\.csv: no such file"):
        truth_of([str(tmp_path)], tmp_path / "nowhere.csv")
