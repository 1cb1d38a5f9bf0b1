"""Ordinary clients of our resolvers: homes, CGNAT gateways and mail servers."""

import numpy as np

from dnsanom.simulate.clock import Span, arrivals, bursts
from dnsanom.simulate.draws import I64, generator, log_uniform, some
from dnsanom.simulate.names import (
    BULK_QUERY,
    BULK_REPLY,
    MAIL_QUERY,
    MAIL_REPLY,
    Names,
    catalogue,
)
from dnsanom.simulate.network import PUBLIC, PUBLIC6, RESOLVERS6, Network, resolvers_for
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.stub import resolve, stubs


def popular(seed: int) -> Names:
    """The names that ordinary clients ask for."""
    return catalogue(generator(seed, "popular names"), 3_000, BULK_QUERY, BULK_REPLY, zipf=1.05)


def _pages(
    rng: np.random.Generator, net: Network, span: Span, address: I64, servers: I64,
    per_hour: tuple[float, float], names: Names, *, one_way: float = 0.05, few_ports: float = 0.03,
) -> Packets:  # fmt: skip
    """Clients that open pages: bursts of questions along the day's curve, `per_hour` from and to."""
    hosts = stubs(rng, address, servers, one_way=one_way, few_ports=few_ports)
    rate = log_uniform(rng, *per_hour, len(address))
    who, time = bursts(rng, *arrivals(rng, span, rate / 4), 4, 400)
    return resolve(rng, hosts, who, time, names, net)


def homes(seed: int, net: Network, span: Span) -> Packets:
    """Access lines that ask our resolvers, over IPv4 and IPv6."""
    rng, names = generator(seed, "homes"), popular(seed)
    servers = resolvers_for(rng, net, len(net.homes))
    servers6 = rng.choice(RESOLVERS6, (len(net.homes6), 2), p=[0.8, 0.2])
    return concat(
        [
            _pages(rng, net, span, net.homes, servers, net.habits.pages, names, one_way=0.03),
            _pages(rng, net, span, net.homes6, servers6, net.habits.pages, names),
        ]
    )


def gateways(seed: int, net: Network, span: Span) -> Packets:
    """CGNAT gateways: many users behind one address."""
    rng = generator(seed, "gateways")
    servers = resolvers_for(rng, net, len(net.gateways))
    return _pages(
        rng,
        net,
        span,
        net.gateways,
        servers,
        net.habits.gateway_pages,
        popular(seed),
        one_way=0.03,
        few_ports=0,
    )


def public_users(seed: int, net: Network, span: Span) -> Packets:
    """Clients that have set a public resolver, over IPv4 and IPv6."""
    rng, names = generator(seed, "public users"), popular(seed)
    n, n6 = max(2, int(len(net.homes) * net.habits.public)), max(1, len(net.homes6) // 4)
    servers, servers6 = rng.choice(PUBLIC, (n, 2)), rng.choice(PUBLIC6, (n6, 2))
    return concat(
        [
            _pages(rng, net, span, some(rng, net.homes, n), servers, (8, 90), names, one_way=0.2),
            _pages(rng, net, span, some(rng, net.homes6, n6), servers6, (8, 60), names, one_way=0.2),
        ]
    )


def transit(seed: int, net: Network, span: Span) -> Packets:
    """Clients of networks that we carry, which ask resolvers of their own choice."""
    rng = generator(seed, "transit")
    choice = np.concatenate([PUBLIC, np.repeat(net.private, 2)])
    servers = rng.choice(choice, (len(net.transit), 2))
    return _pages(rng, net, span, net.transit, servers, (5, 100), popular(seed), one_way=0.3)


def mail(seed: int, net: Network, span: Span) -> Packets:
    """Mail servers: PTR, MX, TXT for SPF and DKIM, block lists; longer names and larger replies."""
    rng = generator(seed, "mail")
    names = catalogue(rng, 1_200, MAIL_QUERY, MAIL_REPLY, zipf=0.6)
    hosts = stubs(rng, net.mail, resolvers_for(rng, net, len(net.mail)))
    messages = arrivals(rng, span, log_uniform(rng, 2, 24, len(net.mail)))
    who, time = bursts(rng, *messages, 6, 150)
    return resolve(rng, hosts, who, time, names, net)
