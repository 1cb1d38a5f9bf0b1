"""Customers' authoritative servers in our networks: strangers ask, and our client answers, as it should."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.clock import Span, arrivals, beats, sessions
from dnsanom.simulate.dns import ask, delays, ports
from dnsanom.simulate.draws import I64, generator, some
from dnsanom.simulate.names import Names, catalogue
from dnsanom.simulate.network import Network, popularity
from dnsanom.simulate.packets import Packets, concat


def authoritative(seed: int, net: Network, span: Span) -> Packets:
    """Questions of the internet's resolvers to hosted name servers, with a rush on one now and then."""
    rng = generator(seed, "hosted")
    resolvers = pick(rng, Block.STRANGERS, 23, 1_500)
    per_hour = net.per_day(1) * np.array([170.0, 80.0, 40.0, 20.0])
    who, time = arrivals(rng, span, per_hour)
    usual = rng.choice(resolvers, len(who), p=popularity(len(resolvers), 0.9))
    names = catalogue(rng, 300, [(0, 62), (0.5, 84), (0.95, 108), (1, 130)],
                      [(0, 90), (0.4, 150), (0.8, 330), (0.97, 700), (1, 1_300)])  # fmt: skip
    rush = _rush(rng, net, span, resolvers, names)
    return concat([_ask(rng, usual, net.hosted[who], time, names), rush])


def _rush(rng: np.random.Generator, net: Network, span: Span, resolvers: I64, names: Names) -> Packets:
    start, end = sessions(rng, span, 3, (3, 8))
    crowd = some(rng, resolvers, 250)
    lots = []
    for begin, stop in zip(start, end, strict=True):
        n = len(crowd)
        who, time = beats(rng, np.full(n, begin), np.full(n, stop), rng.uniform(0.1, 1.2, n) * net.per_day(1))
        lots.append(_ask(rng, crowd[who], np.full(len(who), rng.choice(net.hosted)), time, names))
    return concat(lots)


def _ask(rng: np.random.Generator, client: I64, server: I64, time: I64, names: Names) -> Packets:
    query, reply = names.draw(rng, len(time))
    late = delays(rng, len(time), 2.0)
    return ask(
        rng, time, client, server, ports(rng, len(time)), query, reply, answered=0.97, delay=late, retries=0.4
    )
