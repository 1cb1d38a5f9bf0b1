"""Processes that try a format's inputs side by side, watched from outside: they may crash, hang or swell."""

import contextlib
import gc
import multiprocessing
import queue
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.run import failures
from fuzz.targets import targets

#: Seconds without a new input after which a process hangs; bytes of address space that it may take beyond
#: those that it has at its start.
HANG, SPACE = 30.0, 3 << 30
_REPORT = 2000
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Told:
    """What became of some inputs: how many were tried and read, or one that failed, with its data if the
    process lives to tell it."""

    tried: int = 0
    read: int = 0
    number: int = -1
    data: bytes | None = None
    broken: str = ""


def _work(name: str, seed: int, numbers: range, told: Any, at: Any) -> None:
    """Try the numbers; `at` holds the one under way."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + SPACE, used + SPACE))
    tried = read = 0
    # What is imported stays, and is not to be looked through for garbage every few inputs.
    gc.freeze()

    def started(number: int) -> None:
        at.value = number

    for number, was_read, data, broken in failures(targets()[name], seed, numbers, started):
        tried, read = tried + 1, read + was_read
        if broken:
            told.put(Told(number=number, data=data, broken=broken))
        if tried == _REPORT:
            told.put(Told(tried, read))
            tried = read = 0
    told.put(Told(tried, read))
    at.value = numbers.stop


class _Worker:
    """One process and what it still has to do."""

    def __init__(self, name: str, seed: int, numbers: range, told: Any) -> None:
        self.name, self.seed, self.numbers, self.told = name, seed, numbers, told
        self.at = _SPAWN.Value("q", numbers.start, lock=False)
        self.process = _SPAWN.Process(target=_work, args=(name, seed, numbers, told, self.at), daemon=True)
        self.process.start()
        self.seen, self.since = -1, time.monotonic()

    def fate(self) -> Told | None:
        """A failure that the process can't tell itself: it died or hangs."""
        if self.at.value != self.seen:
            self.seen, self.since = self.at.value, time.monotonic()
        alive = self.process.is_alive()
        if not alive and self.process.exitcode != 0:
            return Told(number=self.at.value, broken=f"the process died, status {self.process.exitcode}")
        if (
            alive
            and self.seen < self.numbers.stop
            and time.monotonic() - self.since > HANG + 20 * (self.seen < 0)
        ):
            return Told(number=self.at.value, broken=f"no end within {HANG:.0f} s")
        return None

    def after(self, number: int) -> "_Worker":
        """A new process for what comes after a number that killed this one."""
        self.stop()
        step = self.numbers.step
        return _Worker(self.name, self.seed, range(number + step, self.numbers.stop, step), self.told)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()


def watch(name: str, seed: int, count: int, jobs: int, seconds: float | None) -> Iterator[Told]:
    """What becomes of `count` inputs of a format, as it happens; stops after `seconds`."""
    told, ends = _SPAWN.Queue(), time.monotonic() + (seconds or float("inf"))
    workers = [_Worker(name, seed, range(job, count, jobs), told) for job in range(jobs)]
    try:
        while any(worker.process.is_alive() for worker in workers) or not told.empty():
            with contextlib.suppress(queue.Empty):
                yield told.get(timeout=0.2)
            for place, worker in enumerate(workers):
                fate = worker.fate()
                if fate is not None:
                    yield fate
                    workers[place] = worker.after(fate.number)
            if time.monotonic() > ends:
                return
    finally:
        for worker in workers:
            worker.stop()
