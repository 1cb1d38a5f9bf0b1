"""Iterative resolvers: ours and customers' own, asking the internet's name servers."""

import numpy as np

from dnsanom.simulate.clock import Span, arrivals
from dnsanom.simulate.dns import ask, delays, ports
from dnsanom.simulate.draws import F64, I64, generator, log_uniform, some
from dnsanom.simulate.names import ITERATIVE_QUERY, ITERATIVE_REPLY, catalogue
from dnsanom.simulate.network import RESOLVERS, Network, popularity
from dnsanom.simulate.packets import Packets, concat


def _iterate(
    rng: np.random.Generator, net: Network, span: Span, address: I64, per_hour: F64, servers: int
) -> Packets:
    """Questions to name servers, the busiest most; a few are seen one way only, a few hardly answer."""
    names = catalogue(rng, 3_000, ITERATIVE_QUERY, ITERATIVE_REPLY, zipf=0.8)
    who, time = arrivals(rng, span, per_hour)
    to = rng.choice(servers, len(who), p=popularity(servers, 0.75))
    lame = rng.random(servers)
    dark, deaf = rng.random(servers) < 0.03, rng.random(servers) < 0.03
    query, reply = names.draw(rng, len(who))
    return ask(
        rng, time, address[who], net.authoritative[to], ports(rng, len(who)), query, reply,
        answered=np.where(lame < 0.02, 0.1, 0.99)[to],
        delay=delays(rng, len(who), 45.0),
        retries=0.5,
        seen=(np.where(deaf, 0.0, 1.0)[to], np.where(dark, 0.0, 1.0)[to]),
    )  # fmt: skip


def ours(seed: int, net: Network, span: Span) -> Packets:
    """Our resolvers' own questions upstream, in the proportion of what they are asked."""
    rng = generator(seed, "upstream")
    clients = len(net.homes) + len(net.homes6) + 5 * len(net.gateways)
    return _iterate(rng, net, span, RESOLVERS, 3.4 * clients * net.shares, len(net.authoritative))


def customers(seed: int, net: Network, span: Span) -> Packets:
    """Customers that run a resolver themselves: some mail servers, homes and transit clients."""
    rng = generator(seed, "own resolvers")
    lots = [some(rng, pool, max(1, len(pool) // 12)) for pool in (net.mail, net.homes, net.transit)]
    own = np.concatenate(lots)
    return concat([_iterate(rng, net, span, own, log_uniform(rng, 6, 110, len(own)), 1_200)])
