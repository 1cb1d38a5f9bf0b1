"""Abuse of DNS over TCP: half-open connections, held ones, and connections without end."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, pairs, spread
from dnsanom.simulate.dns import ACK, DNS, FIN, PSH, RST, SYN, ask_tcp, ports, syn
from dnsanom.simulate.draws import I64, log_uniform, some
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets


def half_open(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A SYN flood from one source or a pool of made-up ones."""
    n = int(rng.choice([1, 1, int(log_uniform(rng, 20, 200, 1)[0])]))
    source, server = pick(rng, Block.SPOOFED, 24, n), np.full(n, _target(rng, net))
    rate = episode.between(30, 4_000)
    episode = episode.shortened(rate, 1_200)
    who, time = spread(rng, episode.span, np.full(n, min(rate, 1_800) / n))
    sent = syn(rng, time, source[who], server[who], answered=float(rng.choice([0.0, rng.uniform(0.1, 0.95)])))
    return Attack(episode.span, sent, pairs(source, server))


def half_open_anywhere(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A SYN flood with a new made-up source each time, at a server of ours that nobody else asks."""
    rate = episode.between(60, 4_000)
    episode = episode.shortened(rate, 1_200)
    _, time = spread(rng, episode.span, np.array([min(rate, 1_200)]))
    server = int(net.parked[18 + episode.number % 18])
    source = pick(rng, Block.SPOOFED, 25, len(time))
    sent = syn(rng, time, source, np.full(len(time), server), answered=float(rng.choice([0.0, 0.5])))
    return Attack(episode.span, sent, [(None, server)])


def held(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Connections opened and held with a byte now and then, until the server has no more to give."""
    source, server = _ends(rng, net)
    n = int(episode.between(6, 150))
    episode = episode.shortened(n * 4, 4_000)
    span, at = episode.span, rng.integers(0, len(source), n)
    start = span.start + (rng.random(n) * 0.2 * (span.end - span.start)).astype(np.int64)
    port, near, far = ports(rng, n), source[at], server[at]
    who, time = spread(rng, span, np.full(n, 60 / rng.uniform(4, 30)), 0.3)
    size = int(rng.choice([41, 52, 53, 55]))
    made = [
        packets(start, near, far, port, DNS, 60, protocol=TCP, flags=SYN),
        packets(start + 20, far, near, DNS, port, 60, protocol=TCP, flags=SYN | ACK),
        packets(time, near[who], far[who], port[who], DNS, size, protocol=TCP, flags=ACK | PSH),
        packets(time + 20, far[who], near[who], DNS, port[who], 52, protocol=TCP, flags=ACK),
    ]
    return Attack(span, concat(made), pairs(source, server))


def churned(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Connections opened and closed without end, with a tiny question or none."""
    source, server = _ends(rng, net)
    rate = episode.between(25, 900)
    episode = episode.shortened(rate, 1_000)
    who, time = spread(rng, episode.span, np.full(len(source), min(rate, 1_500) / len(source)))
    if rng.random() < 0.4:
        query = np.full(len(who), rng.integers(45, 60))
        sent = ask_tcp(rng, time, source[who], server[who], query, query + 16)
    else:
        sent = _empty(rng, time, source[who], server[who])
    return Attack(episode.span, sent, pairs(source, server))


def _empty(rng: np.random.Generator, time: I64, source: I64, server: I64) -> Packets:
    """Connections that are opened and reset."""
    port = ports(rng, len(time))
    last = RST if rng.random() < 0.5 else FIN | ACK
    return concat(
        [
            packets(time, source, server, port, DNS, 60, protocol=TCP, flags=SYN),
            packets(time + 12, server, source, DNS, port, 60, protocol=TCP, flags=SYN | ACK),
            packets(time + 13, source, server, port, DNS, 52, protocol=TCP, flags=ACK),
            packets(time + 40, source, server, port, DNS, 46, protocol=TCP, flags=last),
        ]
    )


def _target(rng: np.random.Generator, net: Network) -> int:
    return int(rng.choice(np.concatenate([RESOLVERS, net.hosted])))


def _ends(rng: np.random.Generator, net: Network) -> tuple[I64, I64]:
    """One source or a few, inside or outside, and their target; from carried networks a server outside."""
    n = int(rng.choice([1, 1, 2, 8]))
    way = rng.integers(3)
    if way == 0:
        return some(rng, net.transit, n), np.full(n, rng.choice(net.authoritative[:500]))
    source = some(rng, net.rented, n) if way == 1 else pick(rng, Block.ATTACKERS, 26, n)
    return source, np.full(n, _target(rng, net))
