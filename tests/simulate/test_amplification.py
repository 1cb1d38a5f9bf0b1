"""Ways of amplification: who is hit, by how many reflectors, and what is seen of the queries."""

import numpy as np
import pytest

from dnsanom.simulate.attacks import amplification
from dnsanom.simulate.attacks.episode import Attack, Episode
from dnsanom.simulate.clock import MINUTE, Span
from dnsanom.simulate.dns import DNS
from dnsanom.simulate.draws import generator
from dnsanom.simulate.network import Network, network
from dnsanom.simulate.profile import DEFAULT, PROFILES

SPAN = Span(1_772_409_600_000, 1_772_409_600_000 + 10 * MINUTE)
EPISODES = 40


@pytest.fixture(scope="module")
def net() -> Network:
    return network(7, 200, SPAN, PROFILES[DEFAULT])


def of_way(name: str, net: Network) -> list[Attack]:
    """Episodes of one way, from weak to strong."""
    way = getattr(amplification, name)
    strengths = np.linspace(0, 1, EPISODES)
    return [way(generator(7, name, n), Episode(n, SPAN, float(s)), net) for n, s in enumerate(strengths)]


def queries_and_replies(attack: Attack) -> tuple[int, int]:
    """Packets to port 53 and from it."""
    sent = attack.packets
    return int(sent.count[sent.dport == DNS].sum()), int(sent.count[sent.sport == DNS].sum())


def test_by_few_a_client_is_hit_from_three_reflectors_at_most(net: Network) -> None:
    for attack in of_way("by_few", net):
        victims, servers = ({pair[end] for pair in attack.pairs} for end in (0, 1))
        assert len(victims) == 1
        assert 1 <= len(servers) <= 3
        assert victims <= set(np.concatenate([net.homes, net.gateways, net.transit]).tolist())


def test_by_few_queries_are_seen_wholly_in_part_or_not_at_all(net: Network) -> None:
    counts = [queries_and_replies(attack) for attack in of_way("by_few", net)]
    none = [replies for queries, replies in counts if queries == 0]
    part = [queries / replies for queries, replies in counts if 0 < queries < replies * 0.6]
    whole = [queries / replies for queries, replies in counts if queries >= replies * 0.9]
    assert min(len(none), len(part), len(whole)) >= 5


def test_on_a_client_no_query_is_seen_and_most_reflectors_of_some_lists_refuse(net: Network) -> None:
    shares = []
    for attack in of_way("on_client", net):
        assert queries_and_replies(attack)[0] == 0
        sent = attack.packets
        largest = {server: sent.size[sent.src == server].max() for server in np.unique(sent.src).tolist()}
        shares.append(float(np.mean([size < 105 for size in largest.values()])))
    refusing = sum(share > 0.4 for share in shares)
    assert EPISODES * 0.15 < refusing < EPISODES * 0.55
    assert max(len(attack.pairs) for attack in of_way("on_client", net)) > 400
