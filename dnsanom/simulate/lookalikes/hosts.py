"""What honest hosts that stand out have in common: where they are, when they ask, and for what names."""

from collections.abc import Callable

import numpy as np

from dnsanom.simulate.clock import MINUTE, Span, beats, bursts, sessions
from dnsanom.simulate.draws import F64, I64, log_uniform, some
from dnsanom.simulate.names import BULK_QUERY, BULK_REPLY, Names, Sizes, around, catalogue
from dnsanom.simulate.network import PUBLIC, Network, resolvers_for
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.stub import Stubs, resolve, stubs


def outside(rng: np.random.Generator, net: Network, n: int, share: float) -> I64:
    """Resolvers of `n` hosts: a share asks one on the internet, the rest ours; shape (n, 2)."""
    others = rng.choice(np.concatenate([PUBLIC, net.private]), (n, 2))
    return np.where(rng.random((n, 1)) < share, others, resolvers_for(rng, net, n))


def hosts_of(rng: np.random.Generator, net: Network, n: int, share: float, **habits: float) -> Stubs:
    """Homes and transit clients; those in transit always ask outside."""
    address = some(rng, np.concatenate([net.homes, np.repeat(net.transit, 4)]), n)
    servers = outside(rng, net, n, share)
    carried = np.isin(address, net.transit)[:, None]
    return stubs(rng, address, np.where(carried, outside(rng, net, n, 1.0), servers), **habits)


def own_names(
    rng: np.random.Generator, hosts: Stubs, who: I64, time: I64, net: Network, names_of: list[Names]
) -> Packets:
    """Each host asks for names of its own catalogue."""
    lots = [who == host for host in range(len(names_of))]
    return concat(
        resolve(rng, hosts, who[at], time[at], names, net) for at, names in zip(lots, names_of, strict=True)
    )


def makers(
    rng: np.random.Generator, n: int, query: tuple[float, float], gain: tuple[float, float],
    spread: tuple[float, float] = (4, 9),
) -> list[Names]:  # fmt: skip
    """Catalogues whose median query lies in `query` and whose median reply is larger by `gain`.

    spread: how far the 5th percentile of a host's queries lies below the median.
    """
    made = []
    for _ in range(n):
        ask, more = rng.uniform(*query), float(log_uniform(rng, *gain, 1)[0])
        wide, tail = float(log_uniform(rng, *spread, 1)[0]), rng.uniform(1.4, 3)
        sizes: tuple[Sizes, Sizes] = (around(ask - wide, ask, ask + 1.6 * wide),
                                      around(ask + more / 3, ask + more, ask + tail * more + 30))  # fmt: skip
        made.append(catalogue(rng, 800, *sizes, zipf=rng.uniform(0.2, 0.9)))
    return made


def stretches(
    rng: np.random.Generator, span: Span, per_day: float, minutes: tuple[float, float],
    rate: tuple[float, float], most: float,
) -> tuple[I64, I64, F64]:  # fmt: skip
    """Starts, ends and rates a minute; those that would ask more than `most` in all end sooner."""
    start, end = sessions(rng, span, per_day, minutes)
    per_minute = log_uniform(rng, *rate, len(start))
    return start, np.minimum(end, start + (most / per_minute * MINUTE).astype(np.int64)), per_minute


def pages(
    rng: np.random.Generator, hosts: Stubs, start: I64, end: I64, per_minute: F64, net: Network
) -> Packets:
    """Ordinary names in bursts, as pages and programs ask for them, by each host in its stretch."""
    names, mean = catalogue(rng, 2_000, BULK_QUERY, BULK_REPLY, zipf=0.95), 6
    who, time = bursts(rng, *beats(rng, start, end, per_minute / mean), mean, 400)
    return resolve(rng, hosts, who, time, names, net)


def among_pages(
    rng: np.random.Generator, hosts: Stubs, stretch: tuple[I64, I64, F64], net: Network,
    names_of: Callable[[int], list[Names]],
) -> Packets:  # fmt: skip
    """Each host asks for names of its own in its stretch, and half of them ordinary questions among these."""
    start, end, per_minute = stretch
    n = len(start)
    who, time = beats(rng, start, end, per_minute)
    made = own_names(rng, hosts, who, time, net, names_of(n))
    now_and_then = log_uniform(rng, 0.5, 20, n)
    some_end = np.where(rng.random(n) < 0.5, end, start + MINUTE)
    return concat([made, pages(rng, hosts, start, some_end, now_and_then, net)])
