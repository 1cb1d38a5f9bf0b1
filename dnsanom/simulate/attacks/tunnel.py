"""Tunnels: data in names on the way out, in records on the way back."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, Pair, pulses
from dnsanom.simulate.attacks.session import (
    Asked,
    Tool,
    Turn,
    fixed,
    on_one_port,
    own_questions,
    ported,
    tool,
    turns,
)
from dnsanom.simulate.clock import SECOND, Span
from dnsanom.simulate.dns import DNS, ask, delays, ports
from dnsanom.simulate.draws import log_uniform, one_log_uniform, whole
from dnsanom.simulate.network import PUBLIC, RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat, packets


def direct(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Straight to the far end, one port: iodine's and dns2tcp's way; 5 to 4,000 queries a minute."""
    client, far = _insider(rng, net), _far(rng)
    session = turns(rng, episode.span, episode.between(5, 4_000))
    return Attack(episode.span, fixed(rng, tool(rng), session, client, far), [(client, far)])


def direct_ported(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Straight to the far end, a port for each query: what scripts do that call a resolver library; 10 to
    900 queries a minute."""
    client, far = _insider(rng, net), _far(rng)
    rate = episode.between(10, 900)
    episode = episode.shortened(rate, 350)
    made, _ = ported(rng, tool(rng), turns(rng, episode.span, rate), client, far)
    return Attack(episode.span, made, [(client, far)])


def through_relay(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """One port, through a resolver of others (public, private): dnscat2's way behind a forwarder; 6 to 1,500
    queries a minute."""
    client, relay = _insider(rng, net), _relay(rng, net)
    session = turns(rng, episode.span, episode.between(6, 1_500))
    made = fixed(rng, tool(rng, hidden=True), session, client, relay)
    return Attack(episode.span, _among_others(rng, made, episode.span, client, relay), [(client, relay)])


def through_resolver(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Through our resolver, from one port or many, and on to the far end from the resolver's ports; 8 to 700
    queries a minute."""
    client, far = int(rng.choice(net.homes)), _far(rng)
    resolver = int(rng.choice(RESOLVERS, p=net.shares))
    rate = episode.between(8, 700)
    episode = episode.shortened(rate, 300)
    made, asked = ported(rng, tool(rng, hidden=True), turns(rng, episode.span, rate), client, resolver)
    made = on_one_port(rng, made, client) if rng.random() < 0.5 else made
    made = _among_others(rng, made, episode.span, client, resolver)
    rows: list[Pair] = [(client, resolver), (resolver, far)]
    return Attack(episode.span, concat([made, _upstream(rng, asked, resolver, far)]), rows)


def beacon(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A few queries a minute (2 to 15) for a long time: an implant that keeps in touch and leaks little by
    little."""
    client = _insider(rng, net)
    server = _far(rng) if rng.random() < 0.6 else _relay(rng, net)
    query, gain = rng.uniform(85, 290), one_log_uniform(rng, 14, 500)
    of = Tool(query, query, gain, gain, float(rng.choice([0.002, 0.05])))
    made, _ = ported(rng, of, [Turn(episode.span, episode.between(2, 15), 0, 0)], client, server)
    made = on_one_port(rng, made, client) if rng.random() < 0.4 else made
    return Attack(episode.span, made, [(client, server)])


def implant(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """An implant that sleeps for 5 s to a minute and then sends or fetches all it has, through a resolver;
    10 to 600 queries a minute on average."""
    client, relay = _insider(rng, net), _relay(rng, net)
    rate, sleep = episode.between(10, 600), one_log_uniform(rng, 5, 55) * SECOND
    episode = episode.shortened(rate, 350)
    starts = np.arange(episode.span.start, episode.span.end, sleep)
    of, kinds = tool(rng), ((0.9, 0.0), (0.0, 0.9), (0.5, 0.5))
    session = []
    for start in starts.astype(np.int64).tolist():
        end = min(start + int(sleep * rng.uniform(0.05, 0.5)) + 1, episode.span.end)
        pace = rate * sleep / (end - start) * float(log_uniform(rng, 0.3, 3, 1)[0])
        out, back = kinds[rng.integers(len(kinds))]
        session.append(Turn(Span(start, end), pace, out, back))
    made, _ = ported(rng, of, session, client, relay)
    return Attack(episode.span, _among_others(rng, made, episode.span, client, relay), [(client, relay)])


def download(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A payload fetched piece by piece by short names, as stagers and file droppers do; 20 to 900 queries a
    minute, from one port or many."""
    client = _insider(rng, net)
    server = _far(rng) if rng.random() < 0.5 else _relay(rng, net)
    rate, query = episode.between(20, 900), rng.uniform(56, 98)
    piece, short = one_log_uniform(rng, 120, 1_130), one_log_uniform(rng, 4, 60)
    of = Tool(query, query, short, piece, float(rng.choice([0.002, 0.01, 0.04])))
    one_port = rng.random() < 0.4
    episode = episode if one_port else episode.shortened(rate, 350)
    session = [Turn(episode.span, rate, 0, rng.uniform(0.6, 1))]
    made = (
        fixed(rng, of, session, client, server) if one_port else ported(rng, of, session, client, server)[0]
    )
    return Attack(episode.span, made, [(client, server)])


def raw(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """No DNS at all: a VPN over UDP port 53, as iodine's raw mode; 20 to 6,000 packets a minute out."""
    client, far, port = _insider(rng, net), _far(rng), int(ports(rng, 1)[0])
    made = []
    for turn in turns(rng, episode.span, episode.between(20, 6_000)):
        small, large = one_log_uniform(rng, 50, 110), rng.uniform(500, 1_450)
        for source, target, full in ((client, far, turn.out), (far, client, turn.back)):
            rate = turn.per_minute * one_log_uniform(rng, 0.5, 2)
            _, time, count = pulses(rng, turn.span, np.array([rate]))
            size = whole(small + (large - small) * rng.binomial(count, full) / count)
            ends = (port, DNS) if source == client else (DNS, port)
            made.append(packets(time, source, target, *ends, size, count=count))
    return Attack(episode.span, concat(made), [(client, far)])


def _far(rng: np.random.Generator) -> int:
    return int(pick(rng, Block.ATTACKERS, 25, 1)[0])


def _insider(rng: np.random.Generator, net: Network) -> int:
    return int(rng.choice(np.concatenate([net.homes, net.homes, np.repeat(net.transit, 4)])))


def _relay(rng: np.random.Generator, net: Network) -> int:
    return int(rng.choice(np.concatenate([PUBLIC, np.repeat(net.private, 2)])))


def _among_others(rng: np.random.Generator, made: Packets, span: Span, client: int, server: int) -> Packets:
    """The tunnel with, in half the cases, the host's own questions to the same resolver."""
    return concat([made, own_questions(rng, span, client, server)]) if rng.random() < 0.5 else made


def _upstream(rng: np.random.Generator, asked: Asked, resolver: int, far: int) -> Packets:
    """The resolver carries the tunnel on to the far end, always from new ports."""
    n = len(asked.time)
    return ask(rng, asked.time + rng.integers(1, 4, n), resolver, far, ports(rng, n), asked.query + 11,
               asked.reply + 11, answered=0.98, delay=delays(rng, n, 60.0))  # fmt: skip
