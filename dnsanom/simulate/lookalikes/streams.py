"""Honest hosts that ask from one port for a long time: forwarders, probes, DNS over TLS."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.clock import Span, beats, sessions
from dnsanom.simulate.dns import ACK, DOT, PSH, SYN, delays, ports
from dnsanom.simulate.draws import F64, I64, generator, log_uniform, some, whole
from dnsanom.simulate.network import PUBLIC, RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets
from dnsanom.simulate.stream import Streams, averaged, converse


def _ends(rng: np.random.Generator, net: Network, n: int) -> tuple[I64, I64]:
    """Clients and the resolvers they use: half ask ours, the rest a public or private one outside."""
    clients = some(rng, np.concatenate([net.homes, net.transit, net.transit, net.mail]), n)
    ours, outside = (
        rng.choice(RESOLVERS, n, p=net.shares),
        rng.choice(np.concatenate([PUBLIC, net.private]), n),
    )
    carried = np.isin(clients, net.transit)
    return clients, np.where(carried | (rng.random(n) < 0.4), outside, ours)


def forwarders(seed: int, net: Network, span: Span) -> Packets:
    """Forwarders and resolvers that ask from one port or a few, three to 2,500 times a minute."""
    rng = generator(seed, "forwarders")
    start, end = sessions(rng, span, net.per_day(150), (6, 90))
    n = len(start)
    client, server = _ends(rng, net, n)
    rate, answered = log_uniform(rng, 3, 2_500, n), rng.choice([0.995, 0.9, 0.6], n, p=[0.85, 0.1, 0.05])
    hosts = Streams(client, server, ports(rng, n, 2_000), rate, answered, log_uniform(rng, 5, 60, n))
    who, time = beats(rng, start, end, rate / hosts.runs())
    query, reply = _questions(rng, n, who, hosts.runs()[who])
    several = np.where(rng.random(n) < 0.2, rng.integers(2, 6, n), 1)
    return converse(rng, hosts, who, time, query, reply, hosts.port[who] - rng.integers(0, several[who]))


def _questions(rng: np.random.Generator, n: int, who: I64, count: I64) -> tuple[F64, F64]:
    """Query and reply bytes in runs of `count`: many names of many users, so that the means say little.

    Hosts whose names are short and popular get plain addresses; longer names come with aliases, and a few
    hosts ask for signatures.
    """
    ask, signed = rng.uniform(55, 83, n), rng.random(n) < 0.06
    gain = np.where(ask < 64, log_uniform(rng, 21, 130, n), log_uniform(rng, 34, 130, n))
    gain = gain + signed * rng.uniform(30, 160, n)
    query = averaged(whole(rng.gamma(20, 1, len(who)) - 20 + ask[who]), count, ask[who])
    extra = rng.gamma(1.2, 1, len(who)) * gain[who] / 1.2
    reply = averaged(whole(query + extra.clip(16, 1_100)), count, (ask + gain)[who])
    return query.clip(45), np.maximum(reply, query + 8)


def probes(seed: int, net: Network, span: Span) -> Packets:
    """Monitoring: one name again and again, regular as a clock, from a fixed port or a new one each time."""
    rng = generator(seed, "probes")
    start, end = sessions(rng, span, net.per_day(60), (15, 150))
    n = len(start)
    client, server = _ends(rng, net, n)
    rate = 60 / rng.choice([5, 10, 15, 20, 30, 60], n)
    hosts = Streams(client, server, ports(rng, n), rate, np.full(n, 0.995), log_uniform(rng, 2, 30, n))
    who, time = beats(rng, start, end, rate, 0.02)
    fixed = (rng.random(n) < 0.5)[who]
    port = np.where(fixed, hosts.port[who], ports(rng, len(who)))
    query = rng.integers(50, 76, n)[who].astype(np.float64)
    return converse(rng, hosts, who, time, query, query + rng.choice([16, 28, 32, 48, 64], n)[who], port)


def over_tls(seed: int, net: Network, span: Span) -> Packets:
    """DNS over TLS: long TCP connections to port 853, padded records, acknowledgements in between."""
    rng = generator(seed, "over tls")
    start, end = sessions(rng, span, net.per_day(90), (2, 90))
    n = len(start)
    client, server = _ends(rng, net, n)
    rate = log_uniform(rng, 1, 120, n)
    who, time = beats(rng, start, end, rate)
    port, trip = ports(rng, n), whole(log_uniform(rng, 3, 50, n))
    out, back = (client[who], server[who], port[who], DOT), (server[who], client[who], DOT, port[who])
    padded, told = rng.choice([150, 210, 230], n)[who], rng.choice([300, 470, 560], n)[who]
    return concat(
        [
            packets(start, client, server, port, DOT, 60, protocol=TCP, flags=SYN),
            packets(start + trip, server, client, DOT, port, 60, protocol=TCP, flags=SYN | ACK),
            packets(start + 2 * trip, client, server, port, DOT, 260, count=2, protocol=TCP, flags=ACK | PSH),
            packets(
                start + 3 * trip, server, client, DOT, port, 1_300, count=3, protocol=TCP, flags=ACK | PSH
            ),
            packets(time, *out, padded, protocol=TCP, flags=ACK | PSH),
            packets(time + delays(rng, len(who)), *back, told, protocol=TCP, flags=ACK | PSH),
            packets(time + 5, *out, 52, protocol=TCP, flags=ACK),
        ]
    )
