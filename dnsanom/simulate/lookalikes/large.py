"""Honest replies that are large, in fragments, or over TCP: DNSSEC, keys, text records, zone transfers."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.clock import Span, beats, sessions
from dnsanom.simulate.dns import ACK, DNS, FIN, PSH, SYN, ask, delays, ports
from dnsanom.simulate.draws import I64, generator, log_uniform, one_log_uniform, some, whole
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets


def validators(seed: int, net: Network, span: Span) -> Packets:
    """Validating resolvers: signed replies of 300 to 1,232 bytes, key sets beyond, some in fragments."""
    rng = generator(seed, "validators")
    start, end = sessions(rng, span, net.per_day(70), (5, 90))
    n = len(start)
    client, server = _ends(rng, net, n)
    who, time = beats(rng, start, end, log_uniform(rng, 0.7, 25, n))
    query = (rng.integers(70, 92, n)[who] + rng.integers(-8, 12, len(who))).astype(np.int64)
    usual = log_uniform(rng, 260, 900, n)[who] * np.exp(rng.normal(0, 0.4, len(who)))
    keys = rng.random(len(who)) < rng.choice([0.02, 0.15, 0.5], n, p=[0.5, 0.35, 0.15])[who]
    limit = rng.choice([1_232, 1_432, 4_096], n, p=[0.55, 0.2, 0.25])[who]
    reply = np.minimum(np.where(keys, log_uniform(rng, 800, 2_900, len(who)), usual), limit)
    seen = rng.choice([0.0, 1.0], (2, n), p=[0.06, 0.94])
    reply = np.maximum(whole(reply), query)
    views = (np.maximum(seen[0], 1 - seen[1])[who], seen[1][who])
    return ask(rng, time, client[who], server[who], ports(rng, len(who)), query, reply, answered=0.98,
               retries=0.5, delay=delays(rng, len(who), 30.0), seen=views)  # fmt: skip


def _ends(rng: np.random.Generator, net: Network, n: int) -> tuple[I64, I64]:
    """Who validates: homes through our resolvers, our resolvers and customers' own at the source."""
    client = some(rng, np.concatenate([net.homes, net.transit, net.mail, RESOLVERS]), n)
    through = np.isin(client, net.homes) & (rng.random(n) < 0.6)
    return client, np.where(
        through, rng.choice(RESOLVERS, n, p=net.shares), rng.choice(net.authoritative[:300], n)
    )


def transfers(seed: int, net: Network, span: Span) -> Packets:
    """Zone transfers over TCP, to a secondary of ours or from a primary of ours."""
    rng = generator(seed, "transfers")
    start, _ = sessions(rng, span, 20, (1, 2))
    outside = some(rng, net.authoritative, len(start))
    inside = some(rng, net.hosted, len(start))
    pulled = rng.random(len(start)) < 0.5
    client, server = np.where(pulled, inside, outside), np.where(pulled, outside, inside)
    return concat(_transfer(rng, *row) for row in zip(start, client, server, strict=True))


def _transfer(rng: np.random.Generator, start: int, client: int, server: int) -> Packets:
    segments, length = one_log_uniform(rng, 30, 20_000), one_log_uniform(rng, 500, 150_000)
    rows = int(min(segments, 120))
    time = start + np.sort(rng.random(rows) * length).astype(np.int64)
    count = max(1, int(segments / rows))
    port = int(ports(rng, 1)[0])
    one = np.array([start])
    return concat(
        [
            packets(one, client, server, port, DNS, 60, protocol=TCP, flags=SYN),
            packets(one + 30, server, client, DNS, port, 60, protocol=TCP, flags=SYN | ACK),
            packets(one + 31, client, server, port, DNS, 120, protocol=TCP, flags=ACK | PSH),
            packets(time + 60, server, client, DNS, port, 1_480, count=count, protocol=TCP, flags=ACK | PSH),
            packets(time + 61, client, server, port, DNS, 52, count=-(-count // 2), protocol=TCP, flags=ACK),
            packets(one + int(length) + 99, client, server, port, DNS, 52, protocol=TCP, flags=ACK | FIN),
        ]
    )
