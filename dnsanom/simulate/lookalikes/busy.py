"""Honest hosts that ask much, at once, or for odd names."""

import numpy as np

from dnsanom.simulate.clock import SECOND, Span, beats, sessions
from dnsanom.simulate.draws import generator, log_uniform, some
from dnsanom.simulate.lookalikes.hosts import among_pages, hosts_of, makers, own_names, pages, stretches
from dnsanom.simulate.names import Names
from dnsanom.simulate.network import RESOLVERS, Network, resolvers_for
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.stub import Stubs, resolve, stubs


def resolving_hosts(seed: int, net: Network, span: Span) -> Packets:
    """Hosts that resolve hundreds to thousands of names a minute: crawlers, log analysers, list checkers."""
    rng = generator(seed, "resolving hosts")
    made = []
    for per_day, minutes, rate, most in ((24, (3, 20), (250, 2_400), 1_800), (60, (5, 45), (25, 350), 600)):
        start, end, per_minute = stretches(rng, span, net.per_day(per_day), minutes, rate, most)
        hosts = hosts_of(rng, net, len(start), 0.5, one_way=0.4, few_ports=0.3, twins=0.1)
        who, time = beats(rng, start, end, per_minute)
        of = makers(rng, len(start), (54, 76), (18, 140), (3, 18))
        made.append(own_names(rng, hosts, who, time, net, of))
    return concat(made)


def offices(seed: int, net: Network, span: Span) -> Packets:
    """A household, shop or office behind one address: bursts of ordinary names, several a minute or many."""
    rng = generator(seed, "offices")
    start, end, per_minute = stretches(rng, span, net.per_day(110), (4, 60), (2, 160), 700)
    hosts = hosts_of(rng, net, len(start), 0.4)
    return pages(rng, hosts, start, end, per_minute, net)


def long_names(seed: int, net: Network, span: Span) -> Packets:
    """Content networks: long names, chains of aliases in the replies."""
    rng = generator(seed, "long names")
    stretch = stretches(rng, span, net.per_day(90), (2, 40), (2, 120), 500)
    hosts = hosts_of(rng, net, len(stretch[0]), 0.4)
    return among_pages(rng, hosts, stretch, net, lambda n: makers(rng, n, (70, 108), (70, 290), (4, 14)))


def things(seed: int, net: Network, span: Span) -> Packets:
    """Things that keep alive: one or two names, day and night, every half minute to five."""
    rng = generator(seed, "things")
    n = max(1, round(net.per_day(12)))
    hosts = hosts_of(rng, net, n, 0.3, few_ports=0.4)
    begin, end = np.full(n, span.start), np.full(n, span.end)
    who, time = beats(rng, begin, end, log_uniform(rng, 0.15, 1.6, n), 0.1)
    return own_names(rng, hosts, who, time, net, [_few(rng) for _ in range(n)])


def _few(rng: np.random.Generator) -> Names:
    ask = rng.integers(52, 84, 2)
    return Names(ask, ask + rng.choice([16, 28, 32, 60, 75], 2), np.array([0.8, 1.0]))


def prefetches(seed: int, net: Network, span: Span) -> Packets:
    """Browsers and prefetching caches: a hundred names or more within seconds."""
    rng = generator(seed, "prefetches")
    start, end = sessions(rng, span, net.per_day(60), (0.02, 0.15))
    hosts = hosts_of(rng, net, len(start), 0.3)
    who, time = beats(rng, start, end, log_uniform(rng, 1_000, 5_000, len(start)))
    return own_names(rng, hosts, who, time, net, makers(rng, len(start), (62, 80), (40, 90)))


def flash_crowds(seed: int, net: Network, span: Span) -> Packets:
    """Everybody asks for the same name for some minutes."""
    rng = generator(seed, "flash crowds")
    start, end = sessions(rng, span, 2, (4, 12))
    made = []
    for begin, stop in zip(start, end, strict=True):
        crowd = some(rng, net.homes, max(1, len(net.homes) // 2))
        hosts, n = stubs(rng, crowd, resolvers_for(rng, net, len(crowd))), len(crowd)
        who, time = beats(rng, np.full(n, begin), np.full(n, stop), log_uniform(rng, 0.5, 6, n))
        ask = rng.integers(60, 80, 1)
        made.append(
            resolve(rng, hosts, who, time, Names(ask, ask + rng.integers(16, 90, 1), np.ones(1)), net)
        )
    return concat(made)


def dead_resolvers(seed: int, net: Network, span: Span) -> Packets:
    """Hosts set to a resolver that no longer answers; they ask again and again."""
    rng = generator(seed, "dead resolvers")
    start, end, per_minute = stretches(rng, span, net.per_day(16), (5, 90), (1, 60), 1_200)
    hosts = hosts_of(rng, net, len(start), 0.8)
    dead = rng.integers(1, 60, (len(start), 1)) + np.where(
        np.isin(hosts.servers, RESOLVERS), 240 << 24, 248 << 24
    )
    silent = Stubs(**{**vars(hosts), "servers": dead, "answered": np.zeros(len(start))})
    who, time = beats(rng, start, end, per_minute)
    pauses = rng.integers(0, 3, len(who)) * SECOND
    return own_names(rng, silent, who, time + pauses, net, makers(rng, len(start), (58, 84), (30, 100)))
