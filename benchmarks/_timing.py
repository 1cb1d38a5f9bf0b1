"""How contenders are timed. No benchmark itself, as the underscore says."""

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Seconds = tuple[float, float]


def in_turn(runs: Mapping[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, Seconds], dict[str, Any]]:
    """Median wall and processor time of each in seconds, run in turn in every round; what each gave last."""
    seconds: dict[str, list[Seconds]] = {name: [] for name in runs}
    found: dict[str, Any] = {}
    for _ in range(rounds):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), _processor()
            found[name] = run()
            seconds[name].append((time.perf_counter() - wall, _processor() - processor))
    return {name: (_median(times, 0), _median(times, 1)) for name, times in seconds.items()}, found


def ratios(slow: Seconds, fast: Seconds) -> Seconds:
    """How many times as long one took as the other, by the clock and by processors."""
    return slow[0] / fast[0], slow[1] / fast[1]


def _processor() -> float:
    """Seconds of processors that this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _median(times: list[Seconds], place: int) -> float:
    return statistics.median(each[place] for each in times)
