"""Tunnels: data in names on the way out, in records on the way back."""

from dataclasses import dataclass

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, Pair, spread
from dnsanom.simulate.clock import MINUTE, Span
from dnsanom.simulate.dns import ask, delays, ports
from dnsanom.simulate.draws import F64, I64, one_log_uniform, whole
from dnsanom.simulate.network import PUBLIC, RESOLVERS, SHARES, Network
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.stream import Streams, converse

#: Record type → most bytes that a reply carries beyond the repeated question. A 255-byte name bounds aliases,
#: 16-bit lengths and the resolver's EDNS size bound the rest.
CAPACITY = {"A": 40, "CNAME": 250, "MX": 260, "TXT": 520, "TXT EDNS": 1_130, "NULL": 1_130}
#: IP, UDP and DNS headers, question tail, the longest name.
LONGEST_QUERY = 28 + 12 + 4 + 255
#: A query without data still names the session, its turn and the zone: 22 bytes of name or more.
IDLE = (28 + 12 + 4 + 22, 112)


@dataclass(frozen=True)
class Phase:
    """A stretch of one kind of load: messages a minute, bytes of a query and of a reply."""

    span: Span
    per_minute: float
    query: float
    reply: float


def _load(rng: np.random.Generator, span: Span, per_minute: float, record: str, hidden: bool) -> list[Phase]:
    """What a session does: waits, sends, fetches, or both, in turns of one to twelve minutes.

    hidden: the tunnel hides among others' questions at a resolver, and only what carries data stands out.
    """
    idle, more = one_log_uniform(rng, *IDLE), one_log_uniform(rng, 10, 60)
    if record == "A":
        idle = max(idle, 96.0) if hidden else idle
    phases, at = [], span.start
    while at < span.end:
        end = min(span.end, at + int(one_log_uniform(rng, 1, 12) * MINUTE))
        out = rng.uniform(max(idle + 20, 130), LONGEST_QUERY - 12)
        fetched = min(1_250.0, idle + rng.uniform(0.3, 1.0) * CAPACITY[record])
        query, reply, pace = (
            (idle, idle + more, 0.45),
            (out, out + more, 1.0),
            (idle, max(fetched, idle + more), 1.0),
            (out, max(out + more, fetched), 0.8),
        )[rng.choice(4, p=[0.4, 0.2, 0.25, 0.15])]
        phases.append(Phase(Span(at, end), per_minute * pace, query, reply))
        at = end
    return phases


def _messages(rng: np.random.Generator, n: int, mean: float, steady: float, least: float = 45.0) -> F64:
    """Sizes around a mean: padded ones alike, others spread."""
    return np.maximum(mean * np.exp(rng.normal(0, steady, n)), least)


def _fixed(rng: np.random.Generator, phases: list[Phase], client: int, server: int) -> Packets:
    """A tunnel on one port: long flows of many packets."""
    ends = [np.array([end]) for end in (client, server, int(ports(rng, 1)[0]))]
    steady, slow = float(rng.choice([0.002, 0.02, 0.12])), one_log_uniform(rng, 8, 400)
    made = []
    for phase in phases:
        rest = [np.array([value]) for value in (phase.per_minute, rng.uniform(0.93, 1.0), slow)]
        tunnel = Streams(ends[0], ends[1], ends[2], rest[0], rest[1], rest[2])
        who, time = spread(rng, phase.span, tunnel.per_minute / tunnel.runs(), float(rng.uniform(0.1, 1)))
        query = _messages(rng, len(who), phase.query, steady)
        made.append(converse(rng, tunnel, who, time, query.clip(45, 310), query + phase.reply - phase.query))
    return concat(made)


def _ported(
    rng: np.random.Generator, phases: list[Phase], client: int, server: int
) -> tuple[Packets, list[tuple[I64, I64, I64]]]:
    """A tunnel with a port for each query; and each phase's times and sizes, for the resolver's questions."""
    steady, slow = float(rng.choice([0.004, 0.03, 0.12])), one_log_uniform(rng, 15, 300)
    made, asked = [], []
    for phase in phases:
        _, time = spread(rng, phase.span, np.array([phase.per_minute]), float(rng.uniform(0.1, 1)))
        query = whole(_messages(rng, len(time), phase.query, steady).clip(45, 300))
        short = rng.random(len(time)) < rng.uniform(0, 0.4)
        reply = query + whole(np.where(short, 20.0, np.maximum(8.0, phase.reply - phase.query)))
        made.append(ask(rng, time, client, server, ports(rng, len(time)), query, reply, retries=0.5,
                        answered=rng.uniform(0.93, 1), delay=delays(rng, len(time), slow)))  # fmt: skip
        asked.append((time, query, reply))
    return concat(made), asked


def _upstream(
    rng: np.random.Generator, asked: list[tuple[I64, I64, I64]], resolver: int, far: int
) -> Packets:
    """The resolver carries the tunnel on to the far end, always from new ports."""
    time, query, reply = (np.concatenate(column) for column in zip(*asked, strict=True))
    n = len(time)
    return ask(rng, time + rng.integers(1, 4, n), resolver, far, ports(rng, n), query + 11, reply + 11,
               answered=0.98, delay=delays(rng, n, 60.0))  # fmt: skip


def _record(rng: np.random.Generator) -> str:
    return str(rng.choice(list(CAPACITY), p=[0.12, 0.18, 0.08, 0.2, 0.16, 0.26]))


def _insider(rng: np.random.Generator, net: Network) -> int:
    return int(rng.choice(np.concatenate([net.homes, net.homes, np.repeat(net.transit, 4)])))


def direct(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Straight to the far end, one port: iodine's and dns2tcp's way."""
    client, far = _insider(rng, net), int(pick(rng, Block.ATTACKERS, 25, 1)[0])
    rate = episode.between(5, 6_000)
    phases = _load(rng, episode.span, rate, _record(rng), hidden=False)
    return Attack(episode.span, _fixed(rng, phases, client, far), [(client, far)])


def direct_ported(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Straight to the far end, a port for each query: what scripts do that call a resolver library."""
    client, far = _insider(rng, net), int(pick(rng, Block.ATTACKERS, 25, 1)[0])
    rate = episode.between(8, 1_200)
    episode = episode.shortened(rate, 2_600)
    made, _ = _ported(rng, _load(rng, episode.span, rate, _record(rng), hidden=False), client, far)
    return Attack(episode.span, made, [(client, far)])


def through_relay(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """One port, through a resolver of others (public, private): dnscat2's way behind a forwarder."""
    client = _insider(rng, net)
    relay = int(rng.choice(np.concatenate([PUBLIC, np.repeat(net.private, 2)])))
    rate = episode.between(6, 1_500)
    phases = _load(rng, episode.span, rate, _record(rng), hidden=True)
    return Attack(episode.span, _fixed(rng, phases, client, relay), [(client, relay)])


def through_resolver(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Through our resolver, from one port or many, and on to the far end from the resolver's ports."""
    client, far = int(rng.choice(net.homes)), int(pick(rng, Block.ATTACKERS, 25, 1)[0])
    resolver = int(rng.choice(RESOLVERS, p=SHARES))
    rate = episode.between(12, 700)
    episode = episode.shortened(rate, 1_500)
    phases = _load(rng, episode.span, rate, _record(rng), hidden=True)
    made, asked = _ported(rng, phases, client, resolver)
    if rng.random() < 0.5:
        made = _one_port(made, client, int(ports(rng, 1)[0]))
    rows: list[Pair] = [(client, resolver), (resolver, far)]
    return Attack(episode.span, concat([made, _upstream(rng, asked, resolver, far)]), rows)


def _one_port(made: Packets, client: int, port: int) -> Packets:
    out = made.src == client
    sport = np.where(out, port, made.sport).astype(np.int32)
    dport = np.where(out, made.dport, port).astype(np.int32)
    return Packets(**{**vars(made), "sport": sport, "dport": dport})


def beacon(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A few queries a minute for a long time: an implant that keeps in touch and leaks little by little."""
    client, far = _insider(rng, net), int(pick(rng, Block.ATTACKERS, 25, 1)[0])
    query, gain = rng.uniform(85, 240), one_log_uniform(rng, 18, 500)
    made, _ = _ported(rng, [Phase(episode.span, episode.between(2, 15), query, query + gain)], client, far)
    if rng.random() < 0.4:
        made = _one_port(made, client, int(ports(rng, 1)[0]))
    return Attack(episode.span, made, [(client, far)])
