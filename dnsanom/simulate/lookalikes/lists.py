"""Honest hosts that look up lists in the DNS: hashes, addresses, names with a suffix too many."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dnsanom.simulate.clock import Span
from dnsanom.simulate.draws import generator
from dnsanom.simulate.lookalikes.hosts import among_pages, hosts_of, makers, stretches
from dnsanom.simulate.names import Names
from dnsanom.simulate.network import Network
from dnsanom.simulate.packets import Packets

#: What "no such name" adds to the question: the zone's SOA record.
SOA = (46, 100)


@dataclass(frozen=True)
class Kind:
    """Questions of one kind of list: their bytes from and to, and what a found entry adds."""

    query: tuple[int, int]
    gains: tuple[int, ...]


def reputation(seed: int, net: Network, span: Span) -> Packets:
    """Antivirus look-ups: hashes as long names, short answers."""
    rng = generator(seed, "reputation")
    stretch = stretches(rng, span, net.per_day(90), (3, 60), (2, 90), 400)
    hosts = hosts_of(rng, net, len(stretch[0]), 0.25)
    return among_pages(rng, hosts, stretch, net, lambda n: makers(rng, n, (92, 126), (16, 40), (2, 12)))


def blocklists(seed: int, net: Network, span: Span) -> Packets:
    """Mail filters that ask whether an address is on a list: names of one length, mostly "no such name"."""
    rng = generator(seed, "blocklists")
    return _looked_up(rng, net, span, 70, (3, 300), 600, [Kind((64, 92), (0, 16, 32))])


def reverses(seed: int, net: Network, span: Span) -> Packets:
    """Log analysers that turn addresses into names: PTR questions of one length, many a minute."""
    rng = generator(seed, "reverses")
    kinds = [Kind((70, 76), (24, 40, 56)), Kind((70, 76), (24, 40, 56)), Kind((116, 119), (24, 40, 56))]
    return _looked_up(rng, net, span, 60, (10, 1_500), 700, kinds)


def searches(seed: int, net: Network, span: Span) -> Packets:
    """Hosts with a search list: each name is tried with a suffix first, which does not exist."""
    rng = generator(seed, "searches")
    stretch = stretches(rng, span, net.per_day(60), (3, 40), (4, 400), 600)
    hosts = hosts_of(rng, net, len(stretch[0]), 0.4, twins=0.6)
    return among_pages(rng, hosts, stretch, net, lambda n: makers(rng, n, (72, 106), (40, 100), (3, 12)))


def _looked_up(
    rng: np.random.Generator, net: Network, span: Span, per_day: float, rate: tuple[float, float],
    most: float, kinds: Sequence[Kind],
) -> Packets:  # fmt: skip
    """Hosts that ask for entries of a list each, at their own rate a minute."""
    stretch = stretches(rng, span, net.per_day(per_day), (3, 45), rate, most)
    hosts = hosts_of(rng, net, len(stretch[0]), 0.4, few_ports=0.2)

    def lists(n: int) -> list[Names]:
        return [_entries(rng, kinds[int(rng.integers(len(kinds)))]) for _ in range(n)]

    return among_pages(rng, hosts, stretch, net, lists)


def _entries(rng: np.random.Generator, kind: Kind) -> Names:
    """A list's questions, within 6 bytes of each other; most entries do not exist, or nearly all do."""
    n, ask = 60, rng.integers(*kind.query, endpoint=True)
    query = ask + rng.integers(-3, 4, n) * (rng.random() < 0.7)
    missing = rng.random(n) < rng.choice([0.97, 0.7, 0.3])
    found = rng.choice(kind.gains, n) + rng.integers(0, 12, n)
    reply = query + np.where(missing, rng.integers(*SOA), found)
    return Names(query, reply, np.arange(1, n + 1) / n)
