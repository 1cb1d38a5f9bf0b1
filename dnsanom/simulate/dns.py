"""The DNS protocol on the wire: questions with their replies and retries, and DNS over TCP."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.address import is_v6
from dnsanom.simulate.clock import SECOND
from dnsanom.simulate.draws import F64, I64, log_uniform, whole
from dnsanom.simulate.packets import Packets, concat, packets

DNS, DOT = 53, 853
SYN, ACK, PSH, FIN, RST = 0x02, 0x10, 0x08, 0x01, 0x04
#: IP and TCP header with timestamps, less IP and UDP header: what TCP adds to a message (2 length bytes).
TCP_EXTRA = 52 - 28 + 2


def delays(rng: np.random.Generator, n: int, median: F64 | float = 14.0) -> I64:
    """Times from question to answer in ms: a third comes from the cache, the rest has a long tail."""
    tail = median * np.exp(rng.normal(0, 1.1, n))
    return 1 + whole(np.where(rng.random(n) < 0.35, rng.uniform(0, 4, n), np.minimum(tail, 4_000)))


def ports(rng: np.random.Generator, n: int, low: int = 1_024) -> I64:
    """Ephemeral ports, one a question."""
    return rng.integers(low, 65_536, n)


def ask(
    rng: np.random.Generator,
    time: I64,
    client: I64 | int,
    server: I64 | int,
    port: I64 | int,
    query: I64,
    reply: I64,
    *,
    answered: F64 | float = 1.0,
    delay: I64 | None = None,
    retries: float = 0.0,
    seen: tuple[F64 | float, F64 | float] = (1.0, 1.0),
    server_port: int = DNS,
    tos: I64 | int = 0,
) -> Packets:
    """Questions over UDP and their replies.

    answered: chance of a reply; retries: chance that an unanswered question is put again, from the same port;
    seen: chance that the exporter sees the query and the reply (asymmetric routes).
    """
    n = len(time)
    wide = [np.broadcast_to(v, (n,)) for v in (client, server, port, query, reply, answered, *seen, tos)]
    source, target, port_, asked, told, chance, out, back, mark = wide
    heard = rng.random(n) < chance
    arrived = time + (delays(rng, n) if delay is None else delay)
    extra = 20 * is_v6(source.astype(np.int64))
    there = packets(time, source, target, port_, server_port, asked + extra, tos=mark)
    back_again = packets(arrived, target, source, server_port, port_, told + extra, tos=mark)
    made = [there.where(rng.random(n) < out), back_again.where(heard & (rng.random(n) < back))]
    again = ~heard & (rng.random(n) < retries)
    if again.any():
        later = (time + rng.choice([1, 2, 5], n) * SECOND + rng.integers(0, 9, n))[again]
        rest = [v[again] for v in (source, target, port_, asked, told)]
        made.append(ask(rng, later, *rest, answered=chance[again], seen=(out[again], back[again]),
                        server_port=server_port, tos=mark[again]))  # fmt: skip
    return concat(made)


def ask_tcp(
    rng: np.random.Generator,
    time: I64,
    client: I64,
    server: I64,
    query: I64,
    reply: I64,
    server_port: int = DNS,
) -> Packets:
    """Whole TCP sessions with one question each: handshake, question, reply, close."""
    port = ports(rng, len(time))
    trip = whole(log_uniform(rng, 2, 120, len(time)))
    full = np.maximum(1, -(-reply // 1_400))
    out = (client, server, port, server_port)
    back = (server, client, server_port, port)
    return concat(
        [
            packets(time, *out, 60, flags=SYN, protocol=TCP),
            packets(time + trip, *back, 60, flags=SYN | ACK, protocol=TCP),
            packets(time + trip, *out, 52, flags=ACK, protocol=TCP),
            packets(time + trip + 1, *out, query + TCP_EXTRA, flags=ACK | PSH, protocol=TCP),
            packets(
                time + 2 * trip + 1, *back, 52 + reply // full, count=full, flags=ACK | PSH, protocol=TCP
            ),
            packets(time + 2 * trip + 2, *out, 52, count=1 + full // 2, flags=ACK | FIN, protocol=TCP),
            packets(time + 3 * trip + 2, *back, 52, flags=ACK | FIN, protocol=TCP),
        ]
    )


def syn(rng: np.random.Generator, time: I64, client: I64, server: I64, *, answered: float) -> Packets:
    """Connection attempts that go no further: SYN, and a SYN-ACK where the server still answers."""
    port = ports(rng, len(time))
    size = rng.choice([40, 44, 52, 60], p=[0.5, 0.2, 0.1, 0.2])
    there = packets(time, client, server, port, DNS, int(size), flags=SYN, protocol=TCP)
    back = packets(
        time + delays(rng, len(time)), server, client, DNS, port, 44, flags=SYN | ACK, protocol=TCP
    )
    return concat([there, back.where(rng.random(len(time)) < answered)])
