"""One server as a subprocess: start, wait until it answers, stop by pid.

A server NAME has its log in `var/log/NAME.log` and, while it runs, its pid in `var/run/NAME.json`. The pid is
kept with the process's start time, so that a pid used anew by somebody else is never taken for the server.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dnsanom.errors import PortTakenError, ServerError

LOOPBACK = "127.0.0.1"
_POLL = 0.05
#: A server without a port counts as started when it has lived this long, in seconds.
_GRACE = 1.0


@dataclass(frozen=True)
class Server:
    """What to run: `port` None listens nowhere; `ready_url` None is ready when the port takes connections."""

    name: str
    command: tuple[str, ...]
    port: int | None = None
    ready_url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


def start(server: Server, var: Path, timeout: float = 60) -> int:
    """Start the server in its own process group, wait until it is ready and return its pid.

    Raises PortTakenError if somebody listens on its port, ServerError with the last log line if it ends or
    is not ready in `timeout` seconds; it is stopped then.
    """
    pid = running(var, server.name)
    if pid is not None:
        raise ServerError(f"{server.name}: already runs with pid {pid}")
    if server.port is not None:
        check_port(server.port)
    log = log_file(var, server.name)
    began = log.stat().st_size if log.exists() else 0
    process = _spawn(server, var, log)
    try:
        _wait_ready(server, process, timeout, log, began)
    except BaseException:
        stop(var, server.name)
        raise
    return process.pid


def stop(var: Path, name: str, timeout: float = 15) -> bool:
    """Stop a server: SIGTERM to its process group, SIGKILL after `timeout` seconds; False if none runs."""
    pid = running(var, name)
    if pid is not None:
        _signal_group(pid, signal.SIGTERM)
        if not _ended(pid, timeout):
            _signal_group(pid, signal.SIGKILL)
            if not _ended(pid, timeout):
                raise ServerError(f"{name}: pid {pid} is still there after SIGKILL")
    _pid_file(var, name).unlink(missing_ok=True)
    return pid is not None


def running(var: Path, name: str) -> int | None:
    """The pid of a server that `start` started and that still runs, else None."""
    try:
        record = json.loads(_pid_file(var, name).read_text())
        process = psutil.Process(record["pid"])
        same = abs(process.create_time() - record["created"]) < 1
        alive = same and process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, json.JSONDecodeError, psutil.NoSuchProcess):
        return None
    return process.pid if alive else None


def free_port(below: int = 65_536) -> int:
    """A loopback TCP port that nobody listens on right now."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port < below:
            return port


def port_free(port: int) -> bool:
    """Whether a server could listen on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def check_port(port: int) -> None:
    """Raise PortTakenError, naming the listener where it can be seen, unless the loopback port is free."""
    if not port_free(port):
        raise PortTakenError(f"{LOOPBACK}:{port}: port taken by another process: {_listener(port)}")


def log_file(var: Path, name: str) -> Path:
    """Where the server's output goes."""
    return var / "log" / f"{name}.log"


def last_line(log: Path, offset: int = 0) -> str:
    """The last line that says something after `offset` bytes of a log, at most 300 characters of it."""
    with log.open("rb") as file:
        file.seek(max(offset, log.stat().st_size - 65_536))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    return next((line[:300] for line in reversed(lines) if line), "nothing logged")


def _spawn(server: Server, var: Path, log: Path) -> "subprocess.Popen[bytes]":
    pid_file = _pid_file(var, server.name)
    for folder in (log.parent, pid_file.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                server.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **server.env},
                cwd=server.cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise ServerError(f"{server.name}: {server.command[0]}: {error.strerror}") from error
    created = psutil.Process(process.pid).create_time()
    pid_file.write_text(json.dumps({"pid": process.pid, "created": created}))
    return process


def _wait_ready(
    server: Server, process: "subprocess.Popen[bytes]", timeout: float, log: Path, began: int
) -> None:
    start_time = time.monotonic()
    while not _ready(server, time.monotonic() - start_time):
        if time.monotonic() - start_time > timeout:
            raise ServerError(
                f"{server.name}: not ready after {timeout:g} s: {last_line(log, began)} ({log})"
            )
        time.sleep(_POLL)
        _check_alive(server, process, log, began)
    _check_alive(server, process, log, began)


def _check_alive(server: Server, process: "subprocess.Popen[bytes]", log: Path, began: int) -> None:
    code = process.poll()
    if code is not None:
        raise ServerError(f"{server.name}: ended with {code} at its start: {last_line(log, began)} ({log})")


def _ready(server: Server, waited: float) -> bool:
    if server.ready_url is not None:
        return _answers(server.ready_url)
    if server.port is None:
        return waited >= _GRACE
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, server.port)) == 0


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _listener(port: int) -> str:
    try:
        found = [c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.pid]
        return f"{psutil.Process(found[0]).name()} (pid {found[0]})" if found else "not visible from here"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return "not visible from here"


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _ended(pid: int, timeout: float) -> bool:
    try:
        psutil.Process(pid).wait(timeout)
    except psutil.TimeoutExpired:
        return False
    except psutil.NoSuchProcess:
        return True
    return True


def _pid_file(var: Path, name: str) -> Path:
    return var / "run" / f"{name}.json"
