"""Honest hosts that ask much, at once, or for odd names."""

import numpy as np

from dnsanom.simulate.clock import MINUTE, SECOND, Span, beats, sessions
from dnsanom.simulate.draws import F64, I64, generator, log_uniform, some
from dnsanom.simulate.names import Names, Sizes, around, catalogue
from dnsanom.simulate.network import PUBLIC, RESOLVERS, Network, resolvers_for
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.stub import Stubs, resolve, stubs


def _outside(rng: np.random.Generator, net: Network, n: int, share: float) -> I64:
    """Resolvers of `n` hosts: a share asks one on the internet, the rest ours; shape (n, 2)."""
    outside = rng.choice(np.concatenate([PUBLIC, net.private]), (n, 2))
    return np.where(rng.random((n, 1)) < share, outside, resolvers_for(rng, n))


def _hosts(rng: np.random.Generator, net: Network, n: int, share: float, **habits: float) -> Stubs:
    """Homes and transit clients; those in transit always ask outside."""
    address = some(rng, np.concatenate([net.homes, np.repeat(net.transit, 4)]), n)
    servers = _outside(rng, net, n, share)
    carried = np.isin(address, net.transit)[:, None]
    return stubs(rng, address, np.where(carried, _outside(rng, net, n, 1.0), servers), **habits)


def _own_names(
    rng: np.random.Generator, hosts: Stubs, who: I64, time: I64, net: Network, makers: list[Names]
) -> Packets:
    """Each host asks for names of its own catalogue."""
    lots = [who == host for host in range(len(makers))]
    return concat(
        resolve(rng, hosts, who[at], time[at], names, net) for at, names in zip(lots, makers, strict=True)
    )


def _makers(
    rng: np.random.Generator, n: int, query: tuple[float, float], gain: tuple[float, float]
) -> list[Names]:
    """Catalogues whose median query lies in `query` and whose median reply is larger by `gain`."""
    made = []
    for _ in range(n):
        ask, more = rng.uniform(*query), float(log_uniform(rng, *gain, 1)[0])
        sizes: tuple[Sizes, Sizes] = (around(ask - 5, ask, ask + rng.uniform(5, 14)),
                                      around(ask + more / 3, ask + more, ask + 2 * more + 40))  # fmt: skip
        made.append(catalogue(rng, 800, *sizes, zipf=rng.uniform(0.2, 0.9)))
    return made


def _stretches(
    rng: np.random.Generator, span: Span, per_day: float, minutes: tuple[float, float],
    rate: tuple[float, float], most: float,
) -> tuple[I64, I64, F64]:  # fmt: skip
    """Starts, ends and rates a minute; those that would ask more than `most` in all end sooner."""
    start, end = sessions(rng, span, per_day, minutes)
    per_minute = log_uniform(rng, *rate, len(start))
    return start, np.minimum(end, start + (most / per_minute * MINUTE).astype(np.int64)), per_minute


def resolving_hosts(seed: int, net: Network, span: Span) -> Packets:
    """Hosts that resolve hundreds to thousands of names a minute: crawlers, log analysers, list checkers."""
    rng = generator(seed, "resolving hosts")
    made = []
    for per_day, minutes, rate, most in ((16, (3, 20), (250, 2_000), 3_600), (60, (5, 45), (25, 350), 1_100)):
        start, end, per_minute = _stretches(rng, span, net.per_day(per_day), minutes, rate, most)
        hosts = _hosts(rng, net, len(start), 0.5, one_way=0.4, few_ports=0.3, twins=0.1)
        who, time = beats(rng, start, end, per_minute)
        makers = _makers(rng, len(start), (55, 74), (20, 110))
        made.append(_own_names(rng, hosts, who, time, net, makers))
    return concat(made)


def reputation(seed: int, net: Network, span: Span) -> Packets:
    """Antivirus and block-list look-ups: hashes as long names, short answers."""
    rng = generator(seed, "reputation")
    start, end, per_minute = _stretches(rng, span, net.per_day(60), (3, 60), (2, 90), 900)
    hosts = _hosts(rng, net, len(start), 0.25)
    who, time = beats(rng, start, end, per_minute)
    return _own_names(rng, hosts, who, time, net, _makers(rng, len(start), (92, 126), (16, 40)))


def long_names(seed: int, net: Network, span: Span) -> Packets:
    """Content networks: long names, chains of aliases in the replies."""
    rng = generator(seed, "long names")
    start, end, per_minute = _stretches(rng, span, net.per_day(50), (2, 40), (2, 60), 800)
    hosts = _hosts(rng, net, len(start), 0.25)
    who, time = beats(rng, start, end, per_minute)
    return _own_names(rng, hosts, who, time, net, _makers(rng, len(start), (76, 108), (110, 290)))


def things(seed: int, net: Network, span: Span) -> Packets:
    """Things that keep alive: one or two names, day and night, every half minute to five."""
    rng = generator(seed, "things")
    n = max(1, round(net.per_day(12)))
    hosts = _hosts(rng, net, n, 0.3, few_ports=0.4)
    begin, end = np.full(n, span.start), np.full(n, span.end)
    who, time = beats(rng, begin, end, log_uniform(rng, 0.15, 1.6, n), 0.1)
    return _own_names(rng, hosts, who, time, net, [_few(rng) for _ in range(n)])


def _few(rng: np.random.Generator) -> Names:
    ask = rng.integers(52, 84, 2)
    return Names(ask, ask + rng.choice([16, 28, 32, 60, 75], 2), np.array([0.8, 1.0]))


def prefetches(seed: int, net: Network, span: Span) -> Packets:
    """Browsers and prefetching caches: a hundred names or more within seconds."""
    rng = generator(seed, "prefetches")
    start, end = sessions(rng, span, net.per_day(60), (0.02, 0.15))
    hosts = _hosts(rng, net, len(start), 0.3)
    who, time = beats(rng, start, end, log_uniform(rng, 1_000, 5_000, len(start)))
    return _own_names(rng, hosts, who, time, net, _makers(rng, len(start), (62, 80), (40, 90)))


def flash_crowds(seed: int, net: Network, span: Span) -> Packets:
    """Everybody asks for the same name for some minutes."""
    rng = generator(seed, "flash crowds")
    start, end = sessions(rng, span, 2, (4, 12))
    made = []
    for begin, stop in zip(start, end, strict=True):
        crowd = some(rng, net.homes, max(1, len(net.homes) // 2))
        hosts, n = stubs(rng, crowd, resolvers_for(rng, len(crowd))), len(crowd)
        who, time = beats(rng, np.full(n, begin), np.full(n, stop), log_uniform(rng, 0.5, 6, n))
        ask = rng.integers(60, 80, 1)
        made.append(
            resolve(rng, hosts, who, time, Names(ask, ask + rng.integers(16, 90, 1), np.ones(1)), net)
        )
    return concat(made)


def dead_resolvers(seed: int, net: Network, span: Span) -> Packets:
    """Hosts set to a resolver that no longer answers; they ask again and again."""
    rng = generator(seed, "dead resolvers")
    start, end, per_minute = _stretches(rng, span, net.per_day(16), (5, 90), (1, 60), 1_200)
    hosts = _hosts(rng, net, len(start), 0.8)
    dead = rng.integers(1, 60, (len(start), 1)) + np.where(
        np.isin(hosts.servers, RESOLVERS), 240 << 24, 248 << 24
    )
    silent = Stubs(**{**vars(hosts), "servers": dead, "answered": np.zeros(len(start))})
    who, time = beats(rng, start, end, per_minute)
    pauses = rng.integers(0, 3, len(who)) * SECOND
    return _own_names(rng, silent, who, time + pauses, net, _makers(rng, len(start), (58, 84), (30, 100)))
