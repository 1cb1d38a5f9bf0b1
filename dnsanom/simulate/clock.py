"""When things happen: the simulated span, the day's curve, and arrivals that follow it."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from dnsanom.simulate.draws import F64, I64, log_uniform
from dnsanom.simulate.profile import EVENING

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


@dataclass(frozen=True)
class Span:
    """A stretch of time in ms since 1970, UTC; the end is exclusive. curve: how busy a day's hours are."""

    start: int
    end: int
    curve: tuple[float, ...] = EVENING

    @property
    def hours(self) -> float:
        return (self.end - self.start) / HOUR

    @property
    def minutes(self) -> float:
        return (self.end - self.start) / MINUTE

    def part(self, low: float, high: float) -> "Span":
        """The stretch between two shares of this one."""
        length = self.end - self.start
        return replace(self, start=self.start + int(low * length), end=self.start + int(high * length))


def span_of(start: datetime, hours: float, curve: tuple[float, ...] = EVENING) -> Span:
    """`hours` hours from `start` on."""
    begin = round(start.timestamp() * SECOND)
    return Span(begin, begin + max(1, round(hours * HOUR)), curve)


def _elapsed(span: Span) -> tuple[F64, F64]:
    """Times (ms) on a five-minute grid, and the hours of activity that have passed at each."""
    grid = np.append(np.arange(span.start, span.end, 5 * MINUTE), span.end).astype(np.float64)
    hour = grid / HOUR
    low = hour.astype(np.int64)
    curve = np.array(span.curve)
    level = curve[low % 24] + (hour - low) * (curve[(low + 1) % 24] - curve[low % 24])
    steps = np.diff(hour) * (level[1:] + level[:-1]) / 2
    return grid, np.concatenate([[0.0], np.cumsum(steps)])


def arrivals(rng: np.random.Generator, span: Span, per_hour: F64, *, curved: bool = True) -> tuple[I64, I64]:
    """Poisson arrivals of each of several sources, along the day's curve or at a flat rate.

    Returns the source's index and the time (ms) of each arrival, in the sources' order.
    """
    grid, passed = _elapsed(span)
    if not curved:
        passed = (grid - span.start) / HOUR
    who = np.repeat(np.arange(len(per_hour)), rng.poisson(per_hour * passed[-1]))
    time = np.interp(rng.random(len(who)) * passed[-1], passed, grid)
    return who, time.astype(np.int64)


def bursts(rng: np.random.Generator, who: I64, time: I64, mean: float, gap: float) -> tuple[I64, I64]:
    """Each arrival as a burst of questions: geometric in number, exponential gaps (mean, ms) between them."""
    size = rng.geometric(1 / mean, len(who))
    gaps = rng.exponential(gap, int(size.sum()))
    first = np.cumsum(size) - size
    gaps[first] = 0
    passed = np.cumsum(gaps)
    offset = passed - np.repeat(passed[first], size)
    return np.repeat(who, size), np.repeat(time, size) + offset.astype(np.int64)


def sessions(
    rng: np.random.Generator, span: Span, per_day: float, minutes: tuple[float, float]
) -> tuple[I64, I64]:
    """Starts and ends of stretches in the span, at least one; lengths are log-uniform in `minutes`."""
    n = max(1, round(per_day * span.hours / 24))
    length = np.minimum(log_uniform(rng, *minutes, n) * MINUTE, span.end - span.start)
    start = span.start + rng.random(n) * (span.end - span.start - length)
    return start.astype(np.int64), (start + length).astype(np.int64)


def beats(
    rng: np.random.Generator, start: I64, end: I64, per_minute: F64, jitter: float | F64 = 1.0
) -> tuple[I64, I64]:
    """Arrivals of several sources, each in its own stretch and at its own rate, at least one each.

    jitter: by how much of its interval a beat strays, 0 for clockwork and 1 for anywhere.
    """
    n = np.maximum(1, np.rint(per_minute * (end - start) / MINUTE)).astype(np.int64)
    who = np.repeat(np.arange(len(n)), n)
    place = np.arange(len(who)) - np.repeat(np.cumsum(n) - n, n)
    stray = np.broadcast_to(jitter, n.shape)[who]
    phase = rng.random(len(n))[who] * (1 - stray) + rng.random(len(who)) * stray
    share = (place + phase) / n[who]
    return who, start[who] + (share * (end - start)[who]).astype(np.int64)
