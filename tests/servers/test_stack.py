"""The real stack on free ports: up, a scheduled run that nobody starts, down; and what goes wrong."""

import json
import shutil
import socket
import sqlite3
import stat
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from flow_rows import made_flows
from pydantic import SecretStr

from dnsanom.errors import PortTakenError, ServerError
from dnsanom.servers import addresses, mlflow, pages, process, stack
from dnsanom.servers.process import LOOPBACK, Server, free_port
from dnsanom.settings import S3, Ports, Settings, load_settings
from dnsanom.simulate.csv48 import write_csv
from dnsanom.store import lake
from dnsanom.store.objects import ObjectStore

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]


def free_ports() -> Ports:
    # weed takes a second port, 10,000 above.
    return Ports(s3=free_port(50_000), mlflow=free_port(), prefect=free_port(), pages=free_port())


def make_project(root: Path) -> Settings:
    root.mkdir(exist_ok=True)
    for name in ("params.yaml", "prefect.yaml"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "flows", root / "flows")
    shutil.copytree(
        ROOT / "expectations", root / "expectations", ignore=shutil.ignore_patterns("uncommitted")
    )
    return load_settings(root, {})


def processes_of(root: Path) -> list[str]:
    """Command lines of all processes that have the project in their arguments, folder or environment."""
    found = []
    for one in psutil.process_iter():
        try:
            command = one.cmdline()
            about = [*command, one.cwd(), *one.environ().values()]
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ended meanwhile, or is another user's
            continue
        if one.pid != psutil.Process().pid and any(str(root) in text for text in about):
            found.append(" ".join(command))
    return found


class Api:
    """Prefect's API by plain HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.address}/api/{path}", data, headers), timeout=30
        ) as got:
            return json.load(got)

    def runs(self, flow: str, state: str) -> list[Any]:
        wanted = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"state": {"type": {"any_": [state]}}}}
        return self("flow_runs/filter", wanted)


def wait_for(found: Callable[[], Any], seconds: float) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The stack, up; its end is a test of its own, and is made sure of here."""
    settings = make_project(tmp_path_factory.mktemp("stack") / "project")
    try:
        stack.up(settings, free_ports(), say=lambda _line: None)
        yield load_settings(settings.root, {})
    finally:
        stack.down(settings)


def test_up_serves_everything_and_says_where(running: Settings) -> None:
    assert stat.S_IMODE(addresses.path(running).stat().st_mode) == 0o600
    lines = stack.up(running)
    assert lines[0].startswith("already up")
    told = " ".join(lines)
    for url in (running.mlflow_uri, running.prefect_url, running.pages_url, running.s3.endpoint):
        assert url is not None
        assert url in told
    assert running.s3.secret_key is not None
    assert running.s3.secret_key.get_secret_value() not in told
    with urllib.request.urlopen(f"{running.mlflow_uri}/health") as got:
        assert got.status == 200
    (running.data / "alerts").mkdir(exist_ok=True)
    page = running.data / "alerts" / "now.html"
    page.write_text("<p>an alert")
    with urllib.request.urlopen(pages.link(running, page)) as got:
        assert got.read() == b"<p>an alert"


def test_the_deployments_have_their_schedules(running: Settings) -> None:
    deployed = Api(str(running.prefect_url))("deployments/filter", {})
    schedules = {one["entrypoint"]: [s["schedule"] for s in one["schedules"]] for one in deployed}
    assert {entry: _said(plan) for entry, (plan,) in schedules.items()} == {
        "flows/ingest.py:ingest": "every 300 s from 00:01",
        "flows/detect.py:detect": "every 300 s from 00:03",
        "flows/train.py:train": "30 2 * * *",
    }
    assert all(one["global_concurrency_limit"]["limit"] == 1 for one in deployed)
    # No path of this machine is stored: each worker fills in its own.
    [step] = {json.dumps(one["pull_steps"]) for one in deployed}
    assert "{{ $DNSANOM_ROOT }}" in step


def _said(schedule: dict[str, Any]) -> str:
    if "cron" in schedule:
        return str(schedule["cron"])
    return f"every {schedule['interval']:g} s from {schedule['anchor_date'][11:16]}"


def test_a_scheduled_run_goes_through_by_itself(running: Settings, tmp_path: Path) -> None:
    api = Api(str(running.prefect_url))
    write_csv(tmp_path / "export.csv", made_flows(200))
    ObjectStore(running.s3).put("edge1/export.csv", (tmp_path / "export.csv").read_bytes())
    [ingest] = [one for one in api("deployments/filter", {}) if one["entrypoint"].startswith("flows/ingest")]
    soon = {"interval": 15, "anchor_date": datetime.now(UTC).isoformat()}
    api(f"deployments/{ingest['id']}/schedules", [{"schedule": soon, "active": True}])
    done = wait_for(lambda: api.runs("ingest", "COMPLETED"), 150)
    assert all(run["auto_scheduled"] for run in done)
    assert any("1 into the lake" in run["state"]["message"] for run in done)
    assert set(lake.read(running.lake).export_key.execute()) == {"edge1/export.csv"}


def test_down_ends_everything(running: Settings) -> None:
    wait_for(lambda: Api(str(running.prefect_url)).runs("ingest", "RUNNING"), 60)
    assert processes_of(running.root)
    assert stack.down(running) == ["ended worker, prefect, pages, mlflow, s3"]
    assert processes_of(running.root) == []
    assert not addresses.path(running).exists()
    with sqlite3.connect(running.var / "prefect" / "prefect.db") as db:
        states = {state for (state,) in db.execute("SELECT state_type FROM flow_run")}
    assert "RUNNING" not in states
    assert "COMPLETED" in states
    assert stack.down(running) == ["nothing was up"]


def test_a_taken_port_is_named_with_the_way_out_and_nothing_starts(tmp_path: Path) -> None:
    settings = make_project(tmp_path / "project")
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        holder.listen()
        ports = free_ports().model_copy(update={"mlflow": holder.getsockname()[1]})
        with pytest.raises(PortTakenError, match=rf":{ports.mlflow}: .*--mlflow-port or DNSANOM_MLFLOW_PORT"):
            stack.up(settings, ports)
    assert processes_of(settings.root) == []
    assert not addresses.path(settings).exists()


def test_a_server_that_fails_takes_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_project(tmp_path / "project")
    broken = (sys.executable, "-c", "raise SystemExit('no such table: runs')")
    monkeypatch.setattr(mlflow, "server", lambda var, store, port: Server("mlflow", broken, port))
    with pytest.raises(ServerError, match="mlflow: ended with 1 at its start: no such table: runs"):
        stack.up(settings, free_ports(), say=lambda _line: None)
    assert processes_of(settings.root) == []
    assert not addresses.path(settings).exists()


def test_a_store_that_the_environment_names_is_used_as_it_is(settings: Settings) -> None:
    assert not addresses.own_store(settings)
    assert not addresses.own_mlflow(settings)
    mine = {"endpoint": "https://s3.example.net", "access_key": SecretStr("A"), "secret_key": SecretStr("S")}
    named = settings.model_copy(
        update={"s3": S3.model_validate(mine), "mlflow_uri": "https://mlflow.example.net"}
    )
    assert addresses.own_store(named)
    assert addresses.own_mlflow(named)
    # What the file of an earlier stack says is nobody's choice.
    addresses.path(settings).parent.mkdir(parents=True, exist_ok=True)
    addresses.path(settings).write_text(
        "DNSANOM_S3_ENDPOINT=http://127.0.0.1:1\nDNSANOM_S3_ACCESS_KEY=A\nDNSANOM_MLFLOW_URI=http://127.0.0.1:2\n"
    )
    stale = load_settings(settings.root, {})
    assert stale.s3.endpoint == "http://127.0.0.1:1"
    assert not addresses.own_store(stale)
    assert not addresses.own_mlflow(stale)


def test_two_at_once_are_refused(settings: Settings) -> None:
    with stack._alone(settings), pytest.raises(ServerError, match="another `dnsanom up` or `down`"):
        stack.down(settings)


def test_a_page_is_linked_by_its_file_where_no_server_runs(settings: Settings) -> None:
    page = settings.report("window") / "report.html"
    assert pages.link(settings, page) == page.as_uri()
    served = settings.model_copy(update={"pages_url": "http://127.0.0.1:8088"})
    assert pages.link(served, page) == "http://127.0.0.1:8088/reports/window/report.html"
    assert pages.link(served, settings.root / "params.yaml").startswith("file://")
    assert process.running(settings.var, pages.NAME) is None
