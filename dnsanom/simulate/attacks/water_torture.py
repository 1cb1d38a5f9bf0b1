"""Water torture: random names under one zone, so that every question reaches the zone's servers."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, pairs, spread
from dnsanom.simulate.clock import SECOND
from dnsanom.simulate.dns import ask, delays, ports
from dnsanom.simulate.draws import I64, Bools, log_uniform, some
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat

#: What an answer that says "no such name" adds: the zone's SOA record.
SOA = (50, 95)


def through_resolver(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Bots among the homes ask one of our resolvers, which asks the victim's servers in vain."""
    bots, rate = _bots(rng, episode, net.homes)
    return _torture(rng, episode, bots, np.full(len(bots), rng.choice(RESOLVERS, p=net.shares)), rate)


def through_several(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Bots among homes and gateways, spread over our resolvers."""
    bots, rate = _bots(rng, episode, np.concatenate([net.homes, net.gateways]))
    return _torture(rng, episode, bots, rng.choice(RESOLVERS, len(bots), p=net.shares), rate)


def through_private(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Bots in carried networks ask a resolver on the internet; its own questions are out of sight."""
    bots, rate = _bots(rng, episode, net.transit)
    return _torture(rng, episode, bots, np.full(len(bots), rng.choice(net.private)), rate)


def _bots(rng: np.random.Generator, episode: Episode, pool: I64) -> tuple[I64, float]:
    n = min(int(log_uniform(rng, 3, 45, 1)[0]), len(pool))
    return some(rng, pool, n), episode.between(9, 220)


def _torture(rng: np.random.Generator, episode: Episode, bots: I64, resolver: I64, rate: float) -> Attack:
    upstream = bool(np.isin(resolver, RESOLVERS).all())
    episode = episode.shortened(rate * len(bots), 300)
    rates = rate * log_uniform(rng, 0.6, 1.6, len(bots)) * min(1, 3_000 / (rate * len(bots)))
    who, time = spread(rng, episode.span, rates)
    query = rng.integers(60, 98) + (
        rng.integers(-3, 4, len(who)) if rng.random() < 0.4 else np.zeros_like(who)
    )
    alive = float(rng.choice([0.0, rng.uniform(0.05, 0.5), rng.uniform(0.5, 0.9)], p=[0.3, 0.5, 0.2]))
    found = rng.random(len(who)) < alive
    soa = int(rng.integers(*SOA))
    made = [_asked(rng, time, bots[who], resolver[who], query, found, soa)]
    rows = pairs(bots, resolver)
    if upstream:
        victims = pick(rng, Block.VICTIMS, 24, int(rng.integers(1, 5)))
        made.append(_upstream(rng, time, resolver[who], victims, query, alive, soa))
        used = np.unique(resolver)
        rows += pairs(np.repeat(used, len(victims)), np.tile(victims, len(used)))
    return Attack(episode.span, concat(made), rows)


def _asked(
    rng: np.random.Generator, time: I64, bot: I64, resolver: I64, query: I64, found: Bools, soa: int
) -> Packets:
    """Bots' questions: "no such name" while the victim lives, else "server failure" late, or nothing."""
    n = len(time)
    wait = np.where(found, delays(rng, n, 30.0), rng.integers(1, 6, n) * SECOND)
    reply = np.where(found, query + soa, query)
    gives_up = rng.uniform(0.1, 0.95)
    answered = np.where(found, 0.99, gives_up)
    return ask(rng, time, bot, resolver, ports(rng, n), query, reply, answered=answered, delay=wait,
               retries=float(rng.choice([0, 0.4])))  # fmt: skip


def _upstream(
    rng: np.random.Generator, time: I64, resolver: I64, victims: I64, query: I64, alive: float, soa: int
) -> Packets:
    """The resolver's questions to the victim's servers, one server after the other."""
    n = len(time)
    tries = rng.integers(1, 3, n) if alive < 0.5 else np.ones(n, np.int64)
    at = np.repeat(np.arange(n), tries)
    late = (
        time[at] + rng.integers(1, 40, len(at)) + 800 * (np.arange(len(at)) - (np.cumsum(tries) - tries)[at])
    )
    asked = query[at] + 11
    return ask(rng, late, resolver[at], rng.choice(victims, len(at)), ports(rng, len(at)), asked, asked + soa,
               answered=alive, delay=delays(rng, len(at), 120.0))  # fmt: skip
