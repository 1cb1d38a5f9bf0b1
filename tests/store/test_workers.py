"""Worker processes: none outlives the pull that started it."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from dnsanom.store.workers import WARM, process_pool


def _start_and_die(told: Path) -> None:
    told.write_text(str(process_pool(1).submit(os.getpid).result()))
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_end_with_a_pull_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    process = multiprocessing.get_context("spawn").Process(target=_start_and_die, args=(told,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    worker = int(told.read_text())
    deadline = time.monotonic() + 10
    while _lives(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(worker)


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_workers_have_their_imports_from_the_process_that_they_are_forks_of() -> None:
    with process_pool(1) as pool:
        assert pool.submit(_has_imported).result()


def _has_imported() -> bool:
    return "great_expectations" in sys.modules and threading.active_count() <= len(("main", "parent's end"))


def test_no_thread_is_started_before_the_fork() -> None:
    code = f"import threading, {WARM}; print(threading.active_count())"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "1"
