"""Fragments: trains of them without a reason, and trickles meant to poison a cache."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, pairs, pulses, spread
from dnsanom.simulate.dns import DNS, ask, delays, ports
from dnsanom.simulate.draws import log_uniform, one_log_uniform, some
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import concat, packets


def train(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Fragments in floods from a few sources, with a first fragment from port 53 now and then."""
    n = int(rng.choice([1, 2, 6, 20]))
    source = pick(rng, Block.REFLECTORS, 23, n)
    victims = np.concatenate([net.homes, net.gateways, net.transit, RESOLVERS])
    target = np.full(n, rng.choice(victims))
    rate = episode.between(15, 40_000) * log_uniform(rng, 0.5, 2, n)
    episode = episode.shortened(float(np.minimum(rate, 60).sum()), 2_500)
    who, time, count = pulses(rng, episode.span, rate)
    size = int(rng.choice([1_500, 1_500, 1_400, 576, int(one_log_uniform(rng, 60, 1_480))]))
    pieces = packets(time, source[who], target[who], 0, 0, size, count=count)
    who, time = spread(rng, episode.span, np.minimum(rate / 20, 30).clip(2))
    heads = packets(time, source[who], target[who], DNS, ports(rng, len(who)), min(1_500, size + 8))
    return Attack(episode.span, concat([pieces, heads]), pairs(target, source))


def trickle(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Second fragments in a name server's name, waiting for the resolver to ask it."""
    resolver = np.array([rng.choice(np.concatenate([RESOLVERS, RESOLVERS, some(rng, net.mail, 3)]))])
    server = pick(rng, Block.VICTIMS, 22, 1)
    rate = np.array([episode.between(3, 120)])
    episode = episode.shortened(float(rate[0]), 2_500)
    _, time = spread(rng, episode.span, rate, 0.5)
    size = int(one_log_uniform(rng, 48, 700))
    forged = packets(time, server[0], resolver[0], 0, 0, size)
    _, time = spread(rng, episode.span, (rate / 12).clip(1.5))
    query = np.full(len(time), rng.integers(70, 96))
    reply, late = query + int(one_log_uniform(rng, 60, 1_350)), delays(rng, len(time), 50.0)
    honest = ask(rng, time, resolver, server, ports(rng, len(time)), query, reply, delay=late)
    return Attack(episode.span, concat([forged, honest]), pairs(resolver, server))


def replayed(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Large replies in many fragments, asked for again and again to wear out reassembly."""
    carried = rng.random() < 0.5
    client = np.array([rng.choice(net.transit if carried else net.homes)])
    server = pick(rng, Block.VICTIMS, 23, 1)
    rate = np.array([episode.between(6, 600)])
    episode = episode.shortened(float(rate[0]), 2_000)
    _, time = spread(rng, episode.span, rate)
    query = np.full(len(time), rng.integers(70, 96))
    size = int(one_log_uniform(rng, 5_500, 16_000))
    sent = ask(
        rng, time, client, server, ports(rng, len(time)), query, query + size, answered=rng.uniform(0.6, 1)
    )
    return Attack(episode.span, sent, pairs(client, server))
