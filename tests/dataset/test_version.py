"""DVC in a checkout of its own: what runs, what does not, and the remote."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from handset import flows, freeze_by_hand
from pydantic import SecretStr

from dnsanom.dataset import version
from dnsanom.dataset.fingerprint import md5
from dnsanom.errors import DatasetError, SettingsError
from dnsanom.servers.objectstore import RunningStore
from dnsanom.settings import S3, Settings, load_settings

ROOT = Path(__file__).parents[2]
PREPARE = ["prepare@window", "prepare@flow"]


@pytest.fixture
def checkout(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A git checkout of this project with frozen flows, seen from another working directory."""
    root = tmp_path / "checkout"
    root.mkdir()
    for name in (".dvcignore", ".gitignore", "dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, root)
    (root / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copy(ROOT / ".dvc" / name, root / ".dvc")
    shutil.copytree(ROOT / "dnsanom", root / "dnsanom", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", root], check=True)
    monkeypatch.chdir(tmp_path)
    _change(root, lambda p: p["dataset"].update(gap_seconds=60, clients=None))
    settings = load_settings(root)
    freeze_by_hand(settings, flows())
    return settings


def _change(root: Path, how) -> None:  # type: ignore[no-untyped-def]
    params = yaml.safe_load((root / "params.yaml").read_text())
    how(params)
    (root / "params.yaml").write_text(yaml.safe_dump(params))


def test_a_change_runs_the_stages_it_concerns_and_no_other(checkout: Settings) -> None:
    tracked = version.track_flows(checkout)
    assert tracked in (checkout.root / "data" / "flows.dvc").read_text()
    told: list[str] = []
    ran = version.repro(checkout, PREPARE, lambda _n, _of, note: told.append(note))
    assert sorted(ran) == sorted(PREPARE)
    assert [t for t in told if "prepare@window" in t] == ["Running stage 'prepare@window'"]
    lock = yaml.safe_load((checkout.root / "dvc.lock").read_text())["stages"]
    for view in ("window", "flow"):
        assert lock[f"prepare@{view}"]["outs"][0]["md5"] == md5(checkout, view)
    assert version.repro(checkout, PREPARE) == []
    _change(checkout.root, lambda p: p["labels"]["window"].pop())
    assert version.repro(checkout, PREPARE) == ["prepare@window"]
    (checkout.root / "dnsanom" / "dataset" / "__pycache__").mkdir(exist_ok=True)
    (checkout.root / "dnsanom" / "dataset" / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert version.repro(checkout, PREPARE) == []
    source = checkout.root / "dnsanom" / "dataset" / "noise.py"
    source.write_text(source.read_text() + "# changed\n")
    assert version.repro(checkout, ["prepare@flow"]) == ["prepare@flow"]


def test_a_stage_that_fails_is_named_on_one_line(
    checkout: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    version.track_flows(checkout)
    _change(checkout.root, lambda p: p["labels"]["window"][0].update(when="nonsense > 1"))
    with pytest.raises(DatasetError, match="failed to reproduce 'prepare@window'") as failed:
        version.repro(checkout, ["prepare@window"])
    assert "\n" not in str(failed.value)
    assert "rule 'nonsense > 1': position 1: 'nonsense' unknown column" in capfd.readouterr().err


def test_the_pipeline_has_every_stage(checkout: Settings) -> None:
    assert version.stages(checkout) == [
        "evaluate@flow",
        "evaluate@window",
        "prepare@flow",
        "prepare@window",
        "sweep@flow-knn",
        "sweep@flow-svm",
        "sweep@window-knn",
        "sweep@window-svm",
    ]


def test_dvc_by_hand_finds_the_program_without_a_path(checkout: Settings) -> None:
    version.track_flows(checkout)
    (checkout.root / ".venv").symlink_to(sys.prefix)
    code = "import sys; from dvc.cli import main; sys.exit(main(['repro', '-q', 'prepare@window']))"
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(checkout.root),
        "DNSANOM_DATA": "/nowhere",
        "DVC_NO_ANALYTICS": "1",
    }
    subprocess.run([sys.executable, "-c", code], cwd=checkout.root, env=env, check=True)
    assert (checkout.dataset("window") / "summary.json").exists()


def test_a_data_folder_elsewhere_is_refused(checkout: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"DNSANOM_DATA: {tmp_path}/other: DVC versions"):
        version.track_flows(checkout.model_copy(update={"data": tmp_path / "other"}))


def test_a_folder_without_dvc_and_a_missing_set_are_errors(settings: Settings) -> None:
    with pytest.raises(DatasetError, match="dvc: you are not inside of a DVC repository"):
        version.repro(settings)
    with pytest.raises(DatasetError, match="no data set; run `dnsanom prepare --view window`"):
        md5(settings, "window")


@pytest.mark.servers
def test_data_goes_to_the_store_and_comes_back(checkout: Settings, object_store: RunningStore) -> None:
    s3 = S3(
        endpoint=object_store.endpoint,
        access_key=SecretStr(object_store.access_key),
        secret_key=SecretStr(object_store.secret_key),
        dvc_bucket="dvc-test",
    )
    there = checkout.model_copy(update={"s3": s3})
    version.track_flows(there)
    assert version.push(there) == 3
    assert version.push(there) == 0
    local = there.root / ".dvc" / "config.local"
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert subprocess.run(["git", "check-ignore", "-q", local], cwd=there.root).returncode == 0
    assert object_store.secret_key not in (there.root / ".dvc" / "config").read_text()
    assert [p.name for p in (there.root / "data").glob("*.dvc")] == ["flows.dvc"]
    before = {p.name: p.read_bytes() for p in there.flows.iterdir()}
    shutil.rmtree(there.flows)
    shutil.rmtree(there.root / ".dvc" / "cache")
    assert version.pull(there) == 3
    assert {p.name: p.read_bytes() for p in there.flows.iterdir()} == before
