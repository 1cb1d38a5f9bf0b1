"""What goes on inside a tunnel: turns of waiting, sending and fetching, and the messages they are made of.

A message is small or full, each way: small ones name the session and its turn, full ones carry data. Tools
differ in how large both are, in how often they poll, and in whether they keep one port (iodine, dnscat2,
dns2tcp) or take a new one for each query (scripts, implants, what goes through the system's resolver).
"""

from dataclasses import dataclass

import numpy as np

from dnsanom.simulate.attacks.episode import spread
from dnsanom.simulate.clock import MINUTE, Span
from dnsanom.simulate.dns import ask, delays, ports
from dnsanom.simulate.draws import F64, I64, one_log_uniform, whole
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.stream import Streams, converse

#: Record type → most bytes that a reply carries beyond the repeated question. A 255-byte name bounds aliases,
#: 16-bit lengths and the resolver's EDNS size bound the rest.
CAPACITY = {"A": 40, "CNAME": 250, "MX": 260, "TXT": 520, "TXT EDNS": 1_130, "NULL": 1_130}
_USED = [0.12, 0.18, 0.08, 0.32, 0.14, 0.16]
#: IP, UDP and DNS headers, question tail, the longest name.
LONGEST_QUERY = 28 + 12 + 4 + 255
#: A query without data still names the session, its turn and the zone: 22 bytes of name or more.
IDLE = (28 + 12 + 4 + 22, 112)
#: What a session does, how often, how fast, and which share of its messages is full, out and back.
TURNS = (
    # how often, pace, full out, full back
    (0.20, 0.45, (0.0, 0.0), (0.0, 0.0)),  # waiting
    (0.22, 1.0, (0.7, 1.0), (0.0, 0.1)),  # sending
    (0.30, 1.0, (0.0, 0.1), (0.6, 1.0)),  # fetching
    (0.18, 0.7, (0.05, 0.5), (0.05, 0.6)),  # somebody types, others' data comes and goes
    (0.10, 0.8, (0.5, 1.0), (0.5, 1.0)),  # both at once
)


@dataclass(frozen=True)
class Tool:
    """Bytes of a tool's messages: a small and a full query, and what a small and a full reply add to theirs;
    steady: how far sizes of one kind stray."""

    small: float
    full: float
    gain: float
    fetched: float
    steady: float

    def sizes(self, rng: np.random.Generator, out: F64, back: F64) -> tuple[F64, F64]:
        """Query and reply bytes of messages, given which share of each is full."""
        query = self.small + (self.full - self.small) * out
        query = np.clip(query * np.exp(rng.normal(0, self.steady, len(out))), 45, 310)
        return query, query + self.gain + np.maximum(self.fetched - self.gain, 0) * back


@dataclass(frozen=True)
class Turn:
    """A stretch of one kind of load: messages a minute, and the shares of them that are full."""

    span: Span
    per_minute: float
    out: float
    back: float


def tool(rng: np.random.Generator, *, hidden: bool = False) -> Tool:
    """A tool as somebody set it up: record type, zone, encoding.

    hidden: the tunnel hides among others' questions at a resolver; address records then need long names.
    """
    record = str(rng.choice(list(CAPACITY), p=_USED))
    small = one_log_uniform(rng, *IDLE)
    small = max(small, 96.0) if hidden and record == "A" else small
    return Tool(
        small=small,
        full=rng.uniform(max(small + 20, 130), LONGEST_QUERY - 4),
        gain=one_log_uniform(rng, 4, 60),
        fetched=rng.uniform(0.3, 1.0) * CAPACITY[record],
        steady=float(rng.choice([0.002, 0.01, 0.04, 0.1])),
    )


def turns(rng: np.random.Generator, span: Span, per_minute: float) -> list[Turn]:
    """What a session does, in turns of half a minute to ten."""
    found, at = [], span.start
    often = [turn[0] for turn in TURNS]
    while at < span.end:
        end = min(span.end, at + int(one_log_uniform(rng, 0.5, 10) * MINUTE))
        _, pace, out, back = TURNS[rng.choice(len(TURNS), p=often)]
        found.append(Turn(Span(at, end), per_minute * pace, rng.uniform(*out), rng.uniform(*back)))
        at = end
    return found


def fixed(rng: np.random.Generator, of: Tool, session: list[Turn], client: int, server: int) -> Packets:
    """A tunnel on one port: long flows of many packets."""
    ends = [np.array([end]) for end in (client, server, int(ports(rng, 1)[0]))]
    slow = one_log_uniform(rng, 8, 400)
    made = []
    for turn in session:
        rest = [np.array([value]) for value in (turn.per_minute, rng.uniform(0.93, 1.0), slow)]
        stream = Streams(ends[0], ends[1], ends[2], rest[0], rest[1], rest[2])
        runs = int(stream.runs()[0])
        who, time = spread(rng, turn.span, stream.per_minute / runs, float(rng.uniform(0.1, 1)))
        out, back = (rng.binomial(runs, share, len(who)) / runs for share in (turn.out, turn.back))
        made.append(converse(rng, stream, who, time, *of.sizes(rng, out, back)))
    return concat(made)


@dataclass(frozen=True)
class Asked:
    """When what was asked, for the resolver that asks on."""

    time: I64
    query: I64
    reply: I64


def ported(
    rng: np.random.Generator, of: Tool, session: list[Turn], client: int, server: int
) -> tuple[Packets, Asked]:
    """A tunnel with a port for each query."""
    slow, heard = one_log_uniform(rng, 15, 300), rng.uniform(0.93, 1)
    lots = []
    for turn in session:
        _, time = spread(rng, turn.span, np.array([turn.per_minute]), float(rng.uniform(0.1, 1)))
        out, back = ((rng.random(len(time)) < share).astype(np.float64) for share in (turn.out, turn.back))
        lots.append((time, *map(whole, of.sizes(rng, out, back))))
    asked = Asked(*(np.concatenate(column) for column in zip(*lots, strict=True)))
    n = len(asked.time)
    made = ask(rng, asked.time, client, server, ports(rng, n), asked.query, asked.reply, retries=0.5,
               answered=heard, delay=delays(rng, n, slow))  # fmt: skip
    return made, asked


def own_questions(rng: np.random.Generator, span: Span, client: int, server: int) -> Packets:
    """Ordinary questions of the same host to the same resolver, few or many."""
    n = max(1, int(span.minutes * one_log_uniform(rng, 0.3, 20)))
    time = np.sort(rng.integers(span.start, span.end, n))
    query = whole(54 + rng.gamma(4, 5, n))
    return ask(rng, time, client, server, ports(rng, n), query, query + whole(16 + rng.gamma(1.3, 50, n)))


def on_one_port(rng: np.random.Generator, made: Packets, client: int) -> Packets:
    """The same packets, all from one port of the client."""
    port, out = int(ports(rng, 1)[0]), made.src == client
    sport = np.where(out, port, made.sport).astype(np.int32)
    dport = np.where(out, made.dport, port).astype(np.int32)
    return Packets(**{**vars(made), "sport": sport, "dport": dport})
