"""Packets as arrays: what every part of the simulation makes, and what the router meters into flows."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from dnsanom.schema import UDP
from dnsanom.simulate.draws import I64, Bools

Small = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Packets:
    """IP packets, or runs of equal packets within a few ms, of one way each.

    time: ms since 1970; src, dst: address numbers; count: packets in the run; size: bytes of one packet,
    IP header included; origin: the number of the part that made it.
    """

    time: I64
    src: I64
    dst: I64
    sport: Small
    dport: Small
    size: Small
    count: Small
    protocol: Small
    flags: Small
    tos: Small
    origin: Small

    def __len__(self) -> int:
        return len(self.time)

    def where(self, chosen: Bools | I64) -> "Packets":
        """The chosen rows."""
        return Packets(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def between(self, start: int, end: int) -> "Packets":
        """Those from `start` on and before `end` (ms)."""
        inside = (self.time >= start) & (self.time < end)
        return self if inside.all() else self.where(inside)

    def marked(self, origin: int) -> "Packets":
        """The same packets, with their maker's number."""
        return replace(self, origin=np.full(len(self), origin, np.int32))


def packets(
    time: I64,
    src: I64 | int,
    dst: I64 | int,
    sport: I64 | int,
    dport: I64 | int,
    size: I64 | int,
    *,
    count: I64 | int = 1,
    protocol: int = UDP,
    flags: int = 0,
    tos: I64 | int = 0,
) -> Packets:
    """Packets from arrays and scalars; every scalar holds for all rows."""
    n = len(time)
    at, source, target = (np.broadcast_to(np.asarray(v, np.int64), (n,)) for v in (time, src, dst))
    values = (sport, dport, size, count, protocol, flags, tos, 0)
    small = [np.broadcast_to(np.asarray(v).astype(np.int32), (n,)) for v in values]
    return Packets(at, source, target, *small)


def concat(parts: Iterable[Packets]) -> Packets:
    """All packets of several parts, in the parts' order."""
    lots = [p for p in parts if len(p)]
    if not lots:
        return packets(np.zeros(0, np.int64), 0, 0, 0, 0, 0)
    return Packets(*(np.concatenate([getattr(p, f.name) for p in lots]) for f in fields(Packets)))
