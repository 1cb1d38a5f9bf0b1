"""One attack: when, how strong, which way of doing it; and what it leaves."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dnsanom.simulate.clock import MINUTE, Span, beats
from dnsanom.simulate.draws import F64, I64, scale
from dnsanom.simulate.network import Network
from dnsanom.simulate.packets import Packets

#: Client and server of an attack's flows; None is any.
Pair = tuple[int | None, int | None]
#: A minute of one pair is never more rows than this: what is faster comes in runs of packets.
PULSES_A_MINUTE = 60


@dataclass(frozen=True)
class Episode:
    """An attack's place in the schedule; strength goes from 0 (low and slow) to 1 (loud)."""

    number: int
    span: Span
    strength: float

    def between(self, low: float, high: float) -> float:
        """The value at the episode's strength, in logarithms."""
        return scale(self.strength, low, high)

    def shortened(self, per_minute: float, most: float) -> "Episode":
        """The episode cut (to a minute at least) so that about `most` things happen at the given rate."""
        length = max(MINUTE, int(most / per_minute * MINUTE))
        return replace(self, span=Span(self.span.start, min(self.span.end, self.span.start + length)))


@dataclass(frozen=True)
class Attack:
    """An episode's packets, and the pairs whose flows in its span are the attack's."""

    span: Span
    packets: Packets
    pairs: list[Pair]


Maker = Callable[[np.random.Generator, Episode, Network], Attack]


def spread(rng: np.random.Generator, span: Span, per_minute: F64, jitter: float = 1.0) -> tuple[I64, I64]:
    """Arrivals of several sources over the whole span."""
    n = len(per_minute)
    return beats(rng, np.full(n, span.start), np.full(n, span.end), per_minute, jitter)


def pulses(rng: np.random.Generator, span: Span, per_minute: F64) -> tuple[I64, I64, I64]:
    """Arrivals of several sources, fast ones in runs: source, time and packets of each run."""
    count = np.maximum(1, np.ceil(per_minute / PULSES_A_MINUTE)).astype(np.int64)
    who, time = spread(rng, span, per_minute / count)
    return who, time, count[who]


def pairs(clients: I64, servers: I64) -> list[Pair]:
    """Clients and servers, one by one."""
    return [(int(c), int(s)) for c, s in zip(clients, servers, strict=True)]
