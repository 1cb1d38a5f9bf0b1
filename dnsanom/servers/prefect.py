"""Prefect as subprocesses: its server with a SQLite file, a process worker, and `prefect deploy`."""

import json
import os
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dnsanom.errors import ServerError
from dnsanom.servers import process
from dnsanom.servers.process import LOOPBACK, Server

NAME, WORKER, POOL = "prefect", "worker", "dnsanom"
#: A shell that starts `dnsanom up` in the background makes its children ignore SIGINT, and a Prefect worker
#: ends by sending itself one: so it is given back its default, or SIGTERM would never end the worker.
_WITH_SIGINT = (
    "import os, signal, sys;signal.signal(signal.SIGINT, signal.SIG_DFL);os.execv(sys.argv[1], sys.argv[1:])"
)


def server(var: Path, port: int) -> Server:
    """Prefect's API, pages and scheduler on loopback; all its state is in `var/prefect`."""
    (var / "prefect").mkdir(parents=True, exist_ok=True)
    command = (_script(), "server", "start", f"--host={LOOPBACK}", f"--port={port}")
    return Server(NAME, command, port, f"{api(port)}/health", environment(var, port), cwd=var / "prefect")


def worker(var: Path, port: int, root: Path, env: Mapping[str, str]) -> Server:
    """A worker that runs flows of the pool as processes; `env` is what these need, beside Prefect's own."""
    start = ("worker", "start", f"--pool={POOL}", "--type=process", "--name=local", "--install-policy=never")
    command = (sys.executable, "-c", _WITH_SIGINT, _script(), *start)
    scripts = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))
    return Server(WORKER, command, env={**environment(var, port), "PATH": scripts, **env}, cwd=root)


def environment(var: Path, port: int) -> dict[str, str]:
    """Where Prefect keeps its state and finds its server; no telemetry, no questions, no advertisements."""
    return {
        "DO_NOT_TRACK": "true",
        "PREFECT_HOME": str(var / "prefect"),
        "PREFECT_API_URL": api(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_CLI_PROMPT": "false",
        # Scheduled runs are asked for this often, in seconds.
        "PREFECT_WORKER_QUERY_SECONDS": "5",
    }


def deploy(root: Path, var: Path, port: int) -> None:
    """Deploy all of the root's `prefect.yaml`. Raises ServerError with the last line that Prefect said."""
    # Without DNSANOM_ROOT, the deployment keeps the variable's name, and each worker fills in its own.
    env = {name: value for name, value in os.environ.items() if name != "DNSANOM_ROOT"}
    log = process.log_file(var, "deploy")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = (_script(), "--no-prompt", "deploy", "--all")
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=root,
            env={**env, **environment(var, port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode:
        raise ServerError(f"prefect deploy: ended with {done.returncode}: {process.last_line(log)} ({log})")


def wait_server(port: int, timeout: float) -> None:
    """Wait until the server answers. Raises ServerError after `timeout` seconds."""
    _wait(lambda: _ask(port, "health") is True, timeout, f"{api(port)}: no Prefect server answers")


def wait_worker(port: int, timeout: float) -> None:
    """Wait until a worker polls the pool. Raises ServerError after `timeout` seconds."""
    _wait(lambda: _polled(port), timeout, f"{api(port)}: no worker polls pool {POOL}")


def api(port: int) -> str:
    """Where the API is."""
    return f"{address(port)}/api"


def address(port: int) -> str:
    """Where the pages are."""
    return f"http://{LOOPBACK}:{port}"


def _wait(holds: Callable[[], bool], timeout: float, problem: str) -> None:
    end = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > end:
            raise ServerError(f"{problem} after {timeout:g} s")
        time.sleep(0.2)


def _polled(port: int) -> bool:
    pool = _ask(port, f"work_pools/{POOL}")
    return isinstance(pool, dict) and pool["status"] == "READY"


def _ask(port: int, path: str) -> Any:
    """The API's answer; None where there is no such thing yet, or no server."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{api(port)}/{path}", timeout=30) as answer:
            return json.load(answer)
    except OSError:
        return None


def _script() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "prefect")
