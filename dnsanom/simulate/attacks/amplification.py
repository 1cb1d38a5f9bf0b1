"""Amplification: small questions in a victim's name, large replies to the victim."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, pairs, pulses, spread
from dnsanom.simulate.dns import DNS, delays, ports
from dnsanom.simulate.draws import F64, I64, Bools, log_uniform, whole
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets

#: What is asked for, and how large the replies get: text records, key sets, ANY.
REPLIES = ((480, 1_400), (900, 2_300), (1_500, 4_096))


def through_resolver(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A victim on the internet, our resolvers as the reflectors: both ways are seen."""
    n = int(rng.choice([1, 1, 2, 5]))
    servers = rng.choice(RESOLVERS, n, replace=False, p=net.shares)
    victim = np.repeat(pick(rng, Block.VICTIMS, 20, 1), n)
    return _reflect(rng, episode, victim, servers, episode.between(8, 6_000) / n)


def through_customers(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A victim on the internet, open routers of customers or in carried networks as the reflectors."""
    n = int(rng.integers(3, 25))
    ours = net.open[(episode.number * 24 + np.arange(n)) % 1_200]
    servers = ours if rng.random() < 0.6 else pick(rng, Block.REFLECTORS, 22, n)
    victim = np.repeat(pick(rng, Block.VICTIMS, 20, 1), n)
    return _reflect(rng, episode, victim, servers, episode.between(4, 400))


def on_client(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A client of ours or of a carried network as the victim: replies from many reflectors, no queries.

    In a third of the episodes most reflectors refuse: a booter's old list.
    """
    n = int(log_uniform(rng, 4, 1_000, 1)[0])
    servers = pick(rng, Block.REFLECTORS, 22, n)
    refusing = rng.uniform(0.5, 0.9) if rng.random() < 0.33 else 0.0
    return _reflect(
        rng, episode, _hit(rng, net, n), servers, episode.between(2.5, 400), spoofed_elsewhere=True,
        refused=rng.random(n) < refusing,
    )  # fmt: skip


def by_few(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """The same victims, by one to three reflectors outside; queries are seen where a bot of the victim's own
    network sends them, and that may be a part of them."""
    n = int(rng.choice([1, 1, 2, 3]))
    seen = rng.choice([0.0, rng.uniform(0.02, 0.5), 1.0], p=[0.4, 0.3, 0.3])
    rate = episode.between(12, 8_000) / n
    servers = pick(rng, Block.REFLECTORS, 22, n)
    return _reflect(rng, episode, _hit(rng, net, n), servers, rate, asked=float(seen))


def _hit(rng: np.random.Generator, net: Network, n: int) -> I64:
    """One victim among clients, n times over."""
    return np.repeat(rng.choice(np.concatenate([net.homes, net.gateways, net.transit])), n)


def _reflect(
    rng: np.random.Generator, episode: Episode, victim: I64, server: I64, per_minute: float,
    *, spoofed_elsewhere: bool = False, asked: float = 1.0, refused: Bools | None = None,
) -> Attack:  # fmt: skip
    """Reflection over pairs, each at its own rate around `per_minute`; `asked` is the share of queries seen,
    none where they are spoofed elsewhere, `refused` the reflectors that only refuse."""
    n = len(server)
    one_port = bool(rng.random() < 0.55)
    few = one_port and n < 6
    per_minute = per_minute if few else min(per_minute, 2_500 / n)
    episode = episode.shortened(per_minute * n, 5_000 if few else 900)
    rate = per_minute * log_uniform(rng, 0.4, 2.5, n)
    who, time, count = pulses(rng, episode.span, rate) if one_port else _single(rng, episode, rate)
    port = (
        np.full(len(who), rng.choice([80, 443, 4_444, int(ports(rng, 1)[0])]))
        if one_port
        else ports(rng, len(who))
    )
    query, reply = _sizes(rng, n, len(who), who)
    if refused is not None:
        reply = np.where(refused[who], query + rng.integers(0, 12), reply)
    back = packets(time + delays(rng, len(who), 8.0), server[who], victim[who], DNS, port, reply, count=count)
    back = back.where(rng.random(len(who)) < rng.uniform(0.4, 1.0))
    there = packets(time, victim[who], server[who], port, DNS, query, count=count)
    if asked < 1:
        there = there.where(rng.random(len(who)) < asked)
    seen = [back] if spoofed_elsewhere else [there, back]
    return Attack(episode.span, _limited(rng, concat(seen)), pairs(victim, server))


def _single(rng: np.random.Generator, episode: Episode, rate: F64) -> tuple[I64, I64, I64]:
    who, time = spread(rng, episode.span, rate)
    return who, time, np.ones(len(who), np.int64)


def _sizes(rng: np.random.Generator, servers: int, n: int, who: I64) -> tuple[I64, I64]:
    """Query and reply bytes: one name for all, whose reply differs from server to server."""
    low, high = REPLIES[rng.integers(len(REPLIES))]
    middle = log_uniform(rng, low, high, 1)[0] * np.exp(rng.normal(0, 0.12, servers))
    reply = whole(middle[who] * np.where(rng.random(n) < 0.1, rng.uniform(0.7, 1.1, n), 1))
    return np.full(n, rng.integers(57, 92)), reply.clip(200, 4_140)


def _limited(rng: np.random.Generator, sent: Packets) -> Packets:
    """Response rate limiting, in a third of the episodes: some replies come truncated, small as a query."""
    if rng.random() < 0.67:
        return sent
    small = (sent.sport == DNS) & (rng.random(len(sent)) < rng.uniform(0.1, 0.5))
    return Packets(**{**vars(sent), "size": np.where(small, 70, sent.size).astype(np.int32)})
