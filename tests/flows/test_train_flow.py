"""Flow `train` on a real Prefect, DVC, MLflow and store, and what `detect` makes of its champion."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from dnsanom.detect.detect import detect as alerts_of
from dnsanom.model import registry, tracking
from dnsanom.model.bundle import digest
from dnsanom.model.evaluate import candidates
from dnsanom.settings import Settings, load_settings
from dnsanom.simulate import simulate_day
from dnsanom.store import lake
from flows.detect import detect
from flows.train import train

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(project: Settings) -> Settings:
    """The project as DVC wants it: in git, with the code that stages depend on; grids of one setting."""
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, project.root)
    (project.root / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", project.root / ".dvc")
    shutil.copytree(ROOT / "dnsanom", project.root / "dnsanom", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "--quiet", project.root], check=True)
    params = yaml.safe_load((project.root / "params.yaml").read_text())
    for model in ("knn", "svm"):
        grid = params["sweep"][model]
        params["sweep"][model] = {name: values[:1] for name, values in grid.items()}
    params["sweep"]["features"] = ["chosen"]
    (project.root / "params.yaml").write_text(yaml.safe_dump(params))
    return load_settings(project.root)


def fill(settings: Settings, hour: int, hours: int) -> None:
    """Simulated hours in the lake, with their truth."""
    key = f"hour {hour}"
    flows, truth = simulate_day(datetime(2026, 3, 2, hour, tzinfo=UTC), hours, 60, seed=7 + hour)
    flows = flows.append_column("export_key", pa.array([key] * len(flows)))
    flows = flows.append_column("row", pa.array(range(len(flows)), pa.int64()))
    lake.write(settings.lake, flows, key)
    settings.truth.mkdir(parents=True, exist_ok=True)
    truth.to_csv(settings.truth / f"{key}.csv", index=False)


def test_a_training_ends_with_a_champion_that_detects(checkout: Settings, artifacts) -> None:
    fill(checkout, 0, 4)
    state = train(("window",), return_state=True)
    assert state.is_completed(), state.message
    assert state.message.startswith("window promoted: first champion: macro-F1 ")
    board = json.loads(artifacts["train-leaderboard-window"])
    assert [row["model"] for row in board] in (["knn", "svm"], ["svm", "knn"])
    assert board[0]["macro-F1"] >= board[1]["macro-F1"] > 0
    vectors = {row["vector"]: row for row in json.loads(artifacts["train-vectors-window"])}
    assert vectors["benign"]["support"] > 0
    assert (checkout.report("window") / "report.html").as_uri() in artifacts["train-report-window"]

    again = train(("window",), return_state=True)
    assert again.message == "window not promoted: version 1 is the champion already"

    learned = detect(return_state=True)
    assert learned.message.startswith("nothing new in the lake for dnsanom-window version 1")
    fill(checkout, 4, 2)
    found = detect(return_state=True)
    assert found.is_completed(), found.message
    assert "by dnsanom-window version 1" in found.message
    (written,) = (checkout.data / "alerts").glob("*.json")
    alerts = json.loads(written.read_text())
    assert len(alerts) == len(json.loads(artifacts["detect-alerts"])) > 0
    assert written.with_suffix(".html").as_uri() in artifacts["detect-alerts-page"]
    assert detect(return_state=True).message == learned.message
    assert not (checkout.data / "shadow").exists()

    challenge(checkout)
    fill(checkout, 6, 1)
    found = detect(return_state=True)
    assert found.message.endswith("by dnsanom-window version 1"), found.message
    check_shadow(checkout)
    assert (checkout.data / "shadow" / "window.html").as_uri() in artifacts["detect-shadow-window"]


def challenge(settings: Settings) -> None:
    """Make the candidate that was not promoted version 2, and challenger."""
    rivals = candidates(settings, "window")
    rivals.pop(str(tracking.load_champion(settings, "window").card["model"]))
    ((model, bundle),) = rivals.items()
    version = registry.register(settings, "window", bundle, digest(settings.candidate("window", model)))
    registry.point(settings, "window", {tracking.CHALLENGER: version})


def check_shadow(settings: Settings) -> None:
    """All that each model alerts by itself in hours that neither learned from is told; one's is sent."""
    told = json.loads((settings.data / "shadow" / "window.json").read_text())
    assert (told["first_hour"], told["last_hour"]) == ("2026-03-02T04:00:00Z", "2026-03-02T07:00:00Z")
    assert told["only_champion"] or told["only_challenger"]
    for role, version in (("champion", "1"), ("challenger", "2")):
        assert told[role]["model"] == {"name": "dnsanom-window", "version": version}
        shown = {pair[role]["id"] for pair in told["both"]} | {a["id"] for a in told[f"only_{role}"]}
        uri, since = f"models:/dnsanom-window/{version}", datetime(2026, 3, 2, 4, tzinfo=UTC)
        assert shown == {alert["id"] for alert in alerts_of(settings, [], "window", uri, since=since)}
        assert len(shown) == told[role]["alerts"] > 0
    sent = [json.loads(path.read_text()) for path in (settings.data / "alerts").glob("*.json")]
    assert len(sent) == 2
    assert {alert["model"]["version"] for alerts in sent for alert in alerts} == {"1"}


def test_without_flows_the_run_fails_on_one_line(checkout: Settings) -> None:
    state = train(return_state=True)
    assert state.is_failed()
    assert state.message.startswith(f"{checkout.lake}: no complete hour")
    assert "\n" not in state.message


def test_a_stage_that_fails_says_why(checkout: Settings) -> None:
    fill(checkout, 0, 4)
    module = checkout.root / "dnsanom" / "dataset" / "prepare.py"
    failing = "def prepare(*_): raise DatasetError('x: y: z')"
    module.write_text(f"from dnsanom.errors import DatasetError\n\n{failing}\n")
    state = train(("window",), return_state=True)
    assert state.is_failed()
    assert state.message.startswith("x: y: z: ")
    assert "'prepare@window'" in state.message
