"""When the attacks come: every vector all day, every way of it in turn, loud and low alike."""

from collections.abc import Iterator

from dnsanom.schema import ATTACKS
from dnsanom.simulate.attacks import (
    amplification,
    flood,
    fragments,
    open_resolver,
    scan,
    tcp_abuse,
    tunnel,
    water_torture,
)
from dnsanom.simulate.attacks.episode import Attack, Episode, Maker
from dnsanom.simulate.clock import MINUTE, Span
from dnsanom.simulate.draws import generator, log_uniform
from dnsanom.simulate.network import Network
from dnsanom.simulate.profile import Profile

#: Episodes an hour of each vector, in stretches of equal length.
AN_HOUR = 1.5
#: Shortest and longest episode in minutes, before the loud ones are cut.
MINUTES = (1.5, 80.0)
#: Tunnels are there to stay.
TUNNEL_MINUTES = (2.0, 25.0)

WAYS: dict[str, tuple[Maker, ...]] = {
    "amplification": (
        amplification.through_resolver,
        amplification.on_client,
        amplification.through_customers,
        amplification.by_few,
    ),
    "flood": (flood.from_one, flood.from_many, flood.from_spoofed, flood.from_anywhere),
    "water_torture": (
        water_torture.through_resolver,
        water_torture.through_several,
        water_torture.through_private,
    ),
    "tunnel": (
        tunnel.direct,
        tunnel.direct_ported,
        tunnel.through_resolver,
        tunnel.through_relay,
        tunnel.beacon,
        tunnel.implant,
        tunnel.download,
        tunnel.raw,
    ),
    "scan": (scan.inwards, scan.outwards, scan.slowly, scan.with_tcp),
    "tcp_abuse": (tcp_abuse.half_open, tcp_abuse.held, tcp_abuse.churned, tcp_abuse.half_open_anywhere),
    "fragments": (fragments.train, fragments.trickle, fragments.replayed),
    "open_resolver": (open_resolver.for_many, open_resolver.for_few),
}
#: Tunnels differ most among themselves: in tool, record type, load and place. So they have most episodes;
#: amplification differs in the number of reflectors, their replies, and what is seen of the queries.
OFTEN = {"tunnel": 16.0, "amplification": 3.0, "fragments": 1.5}


def attacks(seed: int, net: Network, span: Span) -> Iterator[tuple[str, Attack]]:
    """Every attack of the span with its vector, vector by vector in the order of time."""
    for vector in ATTACKS:
        ways = _ways(vector, net.habits)
        for way, episode in _episodes(seed, vector, span, len(ways), net.habits):
            yield vector, ways[way](generator(seed, vector, episode.number), episode, net)


def _ways(vector: str, habits: Profile) -> list[Maker]:
    """Those of the vector's ways that occur here."""
    known = {way.__name__: way for way in WAYS[vector]}
    return [known[name] for name in habits.ways.get(vector, tuple(known))]


def _episodes(
    seed: int, vector: str, span: Span, ways: int, habits: Profile
) -> Iterator[tuple[int, Episode]]:
    """One episode in each of equal stretches; strengths are even over the span and in random order."""
    rng = generator(seed, vector, "schedule")
    often = OFTEN.get(vector, 1.0) * habits.episodes.get(vector, 1.0)
    n = max(1, round(span.hours * AN_HOUR * often))
    low, high = habits.strengths
    strengths = low + (high - low) * (rng.permutation(n) + rng.random(n)) / n
    lengths = log_uniform(rng, *(TUNNEL_MINUTES if vector == "tunnel" else MINUTES), n) * MINUTE
    first = int(rng.integers(ways))
    for number, (strength, length) in enumerate(zip(strengths, lengths, strict=True)):
        slot = span.part(number / n, (number + 1) / n)
        start = slot.start + int(rng.uniform(0.02, 0.7) * (slot.end - slot.start))
        end = min(start + int(length), span.end)
        yield (first + number) % ways, Episode(number, Span(start, end), float(strength))
