"""What infra/ says fits the code: the same servers, known settings, loopback only, no telemetry."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dnsanom.servers.__main__ import ONCE, SERVERS
from dnsanom.servers.prefect import POOL
from dnsanom.settings import ENVIRONMENT, Ports

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
UNITS = sorted(INFRA.glob("systemd/*.service"))
TELEMETRY = {
    "DO_NOT_TRACK",
    "PREFECT_SERVER_ANALYTICS_ENABLED",
    "MLFLOW_DISABLE_TELEMETRY",
    "GX_ANALYTICS_ENABLED",
    "DVC_NO_ANALYTICS",
}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((INFRA / "compose.yaml").read_text())["services"])


def test_the_procfile_starts_every_server() -> None:
    lines = [line for line in (INFRA / "Procfile").read_text().splitlines() if not line.startswith("#")]
    assert [line.split(": ") for line in lines] == [
        [name, f".venv/bin/python -m dnsanom.servers {name}"] for name in SERVERS
    ]


def test_there_is_a_unit_for_every_server() -> None:
    assert {unit.stem for unit in UNITS} == {f"dnsanom-{name}" for name in SERVERS}
    for unit in UNITS:
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str  # type: ignore[assignment]
        parser.read(unit)
        name = unit.stem.removeprefix("dnsanom-")
        assert parser["Service"]["ExecStart"] == f"%h/dnsanom/.venv/bin/python -m dnsanom.servers {name}"
        assert parser["Unit"]["PartOf"] == parser["Install"]["WantedBy"] == "dnsanom.target"


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for file in INFRA.glob("systemd/*"):
        text = file.read_text().replace("%h/dnsanom/.venv/bin/python", sys.executable)
        (tmp_path / file.name).write_text(text)
    checker = shutil.which("systemd-analyze")
    units = [str(tmp_path / unit.name) for unit in UNITS]
    assert len(units) == 5
    if checker is not None:
        env = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        done = subprocess.run([checker, "verify", "--user", *units], env=env, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_containers_are_those_of_the_stack(services: dict[str, Any]) -> None:
    assert set(services) == set(SERVERS)
    for name, service in services.items():
        assert service["restart"] == "unless-stopped"
        assert service["build"]["dockerfile"] == "infra/Dockerfile"
        assert service["healthcheck"]["test"][0] == "CMD"
        assert set(service["environment"]) >= TELEMETRY, name
        for port in service.get("ports", ()):
            default = getattr(Ports(), name)
            assert port == f"127.0.0.1:${{DNSANOM_{name.upper()}_PORT:-{default}}}:{default}"
    assert set(services["worker"]["depends_on"]) <= set(services)
    assert [name for name in services if "ports" not in services[name]] == ["worker"]


def test_the_worker_gets_settings_that_exist(services: dict[str, Any]) -> None:
    given = {name for name in services["worker"]["environment"] if name.startswith("DNSANOM_")}
    assert given <= set(ENVIRONMENT)
    command = services["worker"]["command"][-1]
    assert set(re.findall(r"dnsanom\.servers (\w+)", command)) <= set(ONCE)
    assert set(re.findall(r"(?:--pool|create) (\w+)", command)) == {POOL}


def test_secrets_come_from_a_file_that_git_ignores(services: dict[str, Any]) -> None:
    text = (INFRA / "compose.yaml").read_text()
    for secret in re.findall(r"^\s*\w*(?:ACCESS_KEY|SECRET_KEY|ACCESS_KEY_ID):\s*(.*)$", text, re.MULTILINE):
        assert re.fullmatch(r'"\$\{DNSANOM_S3_(ACCESS|SECRET)_KEY:\?set it in infra/compose\.env\}"', secret)
    example = dict(
        line.split("=", 1)
        for line in (INFRA / "compose.env.example").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert {example["DNSANOM_S3_ACCESS_KEY"], example["DNSANOM_S3_SECRET_KEY"]} == {""}
    assert set(re.findall(r"\$\{(\w+)", text)) <= set(example)
    assert "/infra/compose.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_image_installs_the_lock_by_the_makefiles_uv() -> None:
    dockerfile, makefile = (INFRA / "Dockerfile").read_text(), (ROOT / "Makefile").read_text()
    (version,) = re.findall(r"^UV_VERSION := (.+)$", makefile, re.MULTILINE)
    assert f"uv=={version}" in dockerfile
    assert "--require-hashes -r /tmp/requirements.lock" in dockerfile
    assert all(f"{name}=true" in dockerfile or f"{name}=false" in dockerfile for name in TELEMETRY)
