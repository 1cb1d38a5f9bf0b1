"""Honest hosts that ask from one port for a long time: forwarders, probes, DNS over TLS."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.clock import Span, beats, sessions
from dnsanom.simulate.dns import ACK, DOT, PSH, SYN, delays, ports
from dnsanom.simulate.draws import I64, generator, log_uniform, some, whole
from dnsanom.simulate.network import PUBLIC, RESOLVERS, SHARES, Network
from dnsanom.simulate.packets import Packets, concat, packets
from dnsanom.simulate.stream import Streams, averaged, converse


def _ends(rng: np.random.Generator, net: Network, n: int) -> tuple[I64, I64]:
    """Clients and the resolvers they use: half ask ours, the rest a public or private one outside."""
    clients = some(rng, np.concatenate([net.homes, net.transit, net.transit, net.mail]), n)
    ours, outside = rng.choice(RESOLVERS, n, p=SHARES), rng.choice(np.concatenate([PUBLIC, net.private]), n)
    carried = np.isin(clients, net.transit)
    return clients, np.where(carried | (rng.random(n) < 0.35), outside, ours)


def forwarders(seed: int, net: Network, span: Span) -> Packets:
    """Forwarders and resolvers that put all questions from one port, a few to hundreds a minute."""
    rng = generator(seed, "forwarders")
    start, end = sessions(rng, span, net.per_day(130), (8, 100))
    n = len(start)
    client, server = _ends(rng, net, n)
    rate = log_uniform(rng, 3, 400, n)
    answered = rng.choice([0.995, 0.9, 0.6], n, p=[0.85, 0.1, 0.05])
    hosts = Streams(client, server, ports(rng, n), rate, answered, log_uniform(rng, 5, 60, n))
    who, time = beats(rng, start, end, rate / hosts.runs())
    ask, signed = rng.normal(69, 5, n).clip(56, 84), rng.random(n) < 0.06
    tell = ask + log_uniform(rng, 34, 130, n) + signed * rng.uniform(30, 160, n)
    count = hosts.runs()[who]
    query = averaged(whole(rng.gamma(20, 1, len(who)) - 20 + ask[who]), count, ask[who])
    extra = rng.gamma(1.2, 1, len(who)) * (tell - ask)[who] / 1.2
    reply = averaged(whole(query + extra.clip(16, 1_100)), count, tell[who])
    return converse(rng, hosts, who, time, query.clip(45), np.maximum(reply, query + 8))


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
    rate = log_uniform(rng, 1, 40, n)
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
