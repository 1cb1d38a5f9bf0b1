"""Floods of queries, straight at a server."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, pairs, pulses, spread
from dnsanom.simulate.dns import DNS, delays, ports
from dnsanom.simulate.draws import F64, I64, log_uniform, some
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets


def from_one(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """One source, from a fixed port in runs or from a new port each time."""
    source, server = _ends(rng, net, 1)
    rate = np.array([episode.between(250, 40_000)])
    if rng.random() < 0.5:
        episode = episode.shortened(min(rate[0], 60), 1_800)
        who, time, count = pulses(rng, episode.span, rate)
        sent = _queries(rng, time, source[who], server[who], int(ports(rng, 1)[0]), count)
    else:
        episode = episode.shortened(rate[0], 1_600)
        who, time = spread(rng, episode.span, np.minimum(rate, 3_500))
        sent = _queries(rng, time, source[who], server[who], ports(rng, len(who)), np.ones_like(who))
    return Attack(episode.span, sent, pairs(source, server))


def from_many(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A botnet, inside or outside, each bot at its own pace."""
    n = int(log_uniform(rng, 8, 90, 1)[0])
    source, server = _ends(rng, net, n)
    return _each(rng, episode, source, server, log_uniform(rng, 0.5, 2, n) * episode.between(20, 700))


def from_spoofed(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Made-up source addresses out of a pool, each used again and again."""
    n = int(log_uniform(rng, 60, 400, 1)[0])
    source = pick(rng, Block.SPOOFED, 24, n)
    server = np.full(n, rng.choice(np.concatenate([net.hosted, RESOLVERS])))
    return _each(rng, episode, source, server, np.full(n, episode.between(2, 20)))


def from_anywhere(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A new made-up source address for each query, at a server of ours that nobody else asks."""
    rate = episode.between(80, 6_000)
    episode = episode.shortened(rate, 1_500)
    _, time = spread(rng, episode.span, np.array([min(rate, 1_500)]))
    source = pick(rng, Block.SPOOFED, 25, len(time))
    server = int(net.parked[episode.number % 18])
    sent = _queries(rng, time, source, np.full(len(time), server), ports(rng, len(time)), np.ones_like(time))
    return Attack(episode.span, sent, [(None, server)])


def _ends(rng: np.random.Generator, net: Network, n: int) -> tuple[I64, I64]:
    """Sources and their one target: from inside at a resolver or outwards, from outside at what is ours."""
    far = pick(rng, Block.ATTACKERS, 24, n)
    inside = some(rng, np.concatenate([net.homes, net.rented]), n)
    carried = some(rng, net.transit, n)
    resolver, customer = rng.choice(RESOLVERS, p=net.shares), rng.choice(net.hosted)
    outside = rng.choice(np.concatenate([net.authoritative[:500], net.private]))
    source, server = (
        (inside, resolver),
        (inside, outside),
        (carried, outside),
        (far, customer),
        (far, resolver),
    )[rng.integers(5)]
    return source, np.full(n, server)


def _each(rng: np.random.Generator, episode: Episode, source: I64, server: I64, rate: F64) -> Attack:
    """Several sources, each from new ports or, in runs, from a port of its own."""
    total = float(rate.sum())
    if rng.random() < 0.3:
        episode = episode.shortened(float(np.minimum(rate, 60).sum()), 2_500)
        who, time, count = pulses(rng, episode.span, rate)
        port = ports(rng, len(source))[who]
    else:
        episode = episode.shortened(total, 900)
        who, time = spread(rng, episode.span, rate * min(1, 4_000 / total))
        count, port = np.ones_like(who), ports(rng, len(who))
    sent = _queries(rng, time, source[who], server[who], port, count)
    return Attack(episode.span, sent, pairs(source, server))


def _queries(
    rng: np.random.Generator, time: I64, source: I64, server: I64, port: I64 | int, count: I64
) -> Packets:
    """One name, or names of one length, asked over and over; the server answers what it can, or refuses."""
    n = len(time)
    query = rng.integers(45, 78) + (rng.integers(0, 4, n) if rng.random() < 0.4 else np.zeros(n, np.int64))
    reply = query + int(rng.choice([0, 0, 16, 32, 76, 140]))
    there = packets(time, source, server, port, DNS, query, count=count)
    back = packets(time + delays(rng, n, 6.0), server, source, DNS, port, reply, count=count)
    answered = rng.choice([0.0, rng.uniform(0.02, 0.6), rng.uniform(0.6, 1.0)], p=[0.3, 0.45, 0.25])
    return concat([there, back.where(rng.random(n) < answered)])
