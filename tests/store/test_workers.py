"""Worker processes: none outlives the pull that started it."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import psutil

from dnsanom.store.workers import process_pool


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
