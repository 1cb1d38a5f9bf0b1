"""Servers as subprocesses: ready or an error with the log's last line, and gone after stop."""

import os
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest

from dnsanom.errors import PortTakenError, ServerError
from dnsanom.servers import process
from dnsanom.servers.process import LOOPBACK, Server

HTTP = "-m http.server --bind 127.0.0.1"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"


def web(port: int) -> Server:
    return Server("web", (sys.executable, *HTTP.split(), str(port)), port, f"http://{LOOPBACK}:{port}/")


def python(code: str, port: int | None = None) -> Server:
    return Server("code", (sys.executable, "-uc", code), port)


def test_a_server_answers_after_start_and_is_gone_after_stop(tmp_path: Path) -> None:
    port = process.free_port()
    pid = process.start(web(port), tmp_path)
    assert process.running(tmp_path, "web") == pid
    assert os.getpgid(pid) == pid
    assert "GET /" in process.log_file(tmp_path, "web").read_text()
    assert process.stop(tmp_path, "web")
    assert not psutil.pid_exists(pid)
    assert process.port_free(port)
    assert process.running(tmp_path, "web") is None
    assert not process.stop(tmp_path, "web")


def test_a_port_in_use_is_named_with_its_holder(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        holder.listen()
        port = holder.getsockname()[1]
        expected = rf"^127\.0\.0\.1:{port}: port taken by another process: .*\(pid {os.getpid()}\)$"
        with pytest.raises(PortTakenError, match=expected):
            process.start(web(port), tmp_path)
    assert process.running(tmp_path, "web") is None


def test_an_early_end_is_an_error_with_the_last_log_line(tmp_path: Path) -> None:
    process.log_file(tmp_path, "code").parent.mkdir()
    process.log_file(tmp_path, "code").write_text("of an earlier run\n")
    with pytest.raises(ServerError, match=r"^code: ended with 3 at its start: no such table \("):
        process.start(python("print('no such table\\n\\n'); raise SystemExit(3)"), tmp_path)
    with pytest.raises(ServerError, match="nothing logged"):
        process.start(python("raise SystemExit(3)"), tmp_path)


def test_not_ready_in_time_is_an_error_and_leaves_nothing_running(tmp_path: Path) -> None:
    code = "print('still loading'); import time; time.sleep(60)"
    with pytest.raises(ServerError, match=r"code: not ready after 0\.5 s: still loading"):
        process.start(python(code, process.free_port()), tmp_path, timeout=0.5)
    assert process.running(tmp_path, "code") is None
    assert not [p for p in psutil.Process().children() if "still loading" in " ".join(p.cmdline())]


def ended(pids: list[int], patience: float = 5.0) -> bool:
    """Whether the processes are gone or zombies; a killed one may take a moment to be either."""

    def alive(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    end = time.monotonic() + patience
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(alive, pids))


def test_a_server_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    fork = f"import os; os.fork(); {STUBBORN}"
    pid = process.start(python(fork), tmp_path)
    family = [pid, *(child.pid for child in psutil.Process(pid).children())]
    assert len(family) == 2
    began = time.monotonic()
    assert process.stop(tmp_path, "code", timeout=0.3)
    assert time.monotonic() - began < 5
    assert ended(family)


def test_a_second_start_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    pid = process.start(python("import time; time.sleep(60)"), tmp_path)
    with pytest.raises(ServerError, match=f"code: already runs with pid {pid}"):
        process.start(python("import time; time.sleep(60)"), tmp_path)
    process.stop(tmp_path, "code")


def test_a_pid_that_somebody_else_has_by_now_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "web.json").write_text(f'{{"pid": {os.getpid()}, "created": 1.0}}')
    assert process.running(tmp_path, "web") is None
    assert not process.stop(tmp_path, "web")


def test_a_command_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"^x: /nowhere/x: No such file or directory$"):
        process.start(Server("x", ("/nowhere/x",)), tmp_path)
