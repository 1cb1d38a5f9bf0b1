"""Scans for name servers: a packet or two to each of many addresses, most of them silent."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, spread
from dnsanom.simulate.dns import DNS, SYN, delays, ports
from dnsanom.simulate.draws import I64, whole
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets


def inwards(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """From the internet over our clients' addresses."""
    scanner = int(pick(rng, Block.ATTACKERS, 26, 1)[0])
    time, targets = _targets(rng, episode, Block.HOMES, 16, episode.between(15, 2_000))
    return Attack(
        episode.span, _probe(rng, time, scanner, np.append(targets[5:], RESOLVERS)), [(scanner, None)]
    )


def outwards(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """From a host of ours over the internet."""
    scanner = int(net.rented[episode.number % len(net.rented)])
    time, targets = _targets(rng, episode, Block.WEB, 23, episode.between(20, 2_500))
    return Attack(episode.span, _probe(rng, time, scanner, targets), [(scanner, None)])


def slowly(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """From the internet, an address or a few a minute."""
    scanner = int(pick(rng, Block.ATTACKERS, 26, 1)[0])
    total = max(8.0, episode.between(0.8, 8) * episode.span.minutes)
    time, targets = _targets(rng, episode, Block.HOMES, 16, total)
    return Attack(episode.span, _probe(rng, time, scanner, targets), [(scanner, None)])


def with_tcp(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """SYNs to port 53 over our clients' addresses."""
    scanner = int(pick(rng, Block.ATTACKERS, 26, 1)[0])
    time, targets = _targets(rng, episode, Block.HOMES, 16, episode.between(15, 1_500))
    port = np.full(len(time), ports(rng, 1)[0]) if rng.random() < 0.5 else ports(rng, len(time))
    size = int(rng.choice([40, 44, 60]))
    sent = packets(time, scanner, targets, port, DNS, size, protocol=TCP, flags=SYN)
    reset = packets(time + delays(rng, len(time)), targets, scanner, DNS, port, 40, protocol=TCP, flags=0x14)
    return Attack(episode.span, concat([sent, reset.where(rng.random(len(time)) < 0.1)]), [(scanner, None)])


def _targets(
    rng: np.random.Generator, episode: Episode, block: Block, bits: int, number: float
) -> tuple[I64, I64]:
    """When each address is tried."""
    per_minute = max(number, 8) / episode.span.minutes
    _, time = spread(rng, episode.span, np.array([per_minute]), float(rng.choice([0.1, 1.0])))
    return time, pick(rng, block, bits, len(time))


def _probe(rng: np.random.Generator, time: I64, scanner: int, targets: I64) -> Packets:
    """One query to each target, sometimes put again; a few answer, refuse or recurse."""
    n = len(time)
    port = np.full(n, ports(rng, 1)[0]) if rng.random() < 0.5 else ports(rng, n)
    size = int(rng.integers(45, 76))
    sent = packets(time, scanner, targets, port, DNS, size)
    answers = (rng.random(n) < rng.uniform(0, 0.06)) | np.isin(targets, RESOLVERS)
    reply = size + whole(rng.choice([0, 0, 16, 44], n).astype(np.float64))
    back = packets(time + delays(rng, n, 40.0), targets, scanner, DNS, port, reply)
    twice = sent.where(rng.random(n) < 0.1) if rng.random() < 0.3 else sent.where(np.zeros(n, bool))
    return concat([sent, back.where(answers), twice])
