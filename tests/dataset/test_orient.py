"""Who is the client and who the server of a flow."""

from typing import Any

import pytest
from handflows import CLIENT, DNS, FAR, OTHER, OUTSIDE, RESOLVER, SECOND, flow, table

from dnsanom.dataset.orient import orient


def _ends(*flows: dict[str, Any]) -> list[tuple[str, str, bool]]:
    told = orient(table(flows), DNS).order_by("row").to_pandas()
    return list(zip(told["client"], told["server"], told["is_query"].astype(bool), strict=True))


def test_one_dns_port_names_the_server() -> None:
    assert _ends(
        flow(0, CLIENT, 4000, RESOLVER, 53),
        flow(1, RESOLVER, 53, CLIENT, 4000),
        flow(2, CLIENT, 5000, FAR, 853),
    ) == [(CLIENT, RESOLVER, True), (CLIENT, RESOLVER, False), (CLIENT, FAR, True)]


@pytest.mark.parametrize(
    ("one", "two", "server"),
    [
        (RESOLVER, OUTSIDE, RESOLVER),  # the listed resolver
        (CLIENT, OUTSIDE, OUTSIDE),  # none listed: the end outside our client networks
        (RESOLVER, SECOND, RESOLVER),  # both listed: the lesser as text
        (OUTSIDE, FAR, OUTSIDE),  # none listed, both outside
        (CLIENT, OTHER, CLIENT),  # none listed, both ours
    ],
)
def test_two_dns_ports_give_the_same_ends_in_both_directions(one: str, two: str, server: str) -> None:
    client = two if server == one else one
    query, reply = (client, 53, server, 53), (server, 53, client, 53)
    assert _ends(flow(0, *query), flow(1, *reply)) == [(client, server, True), (client, server, False)]


def test_a_fragment_goes_by_what_serves_the_pair() -> None:
    ends = _ends(
        flow(0, CLIENT, 4000, OUTSIDE, 53),
        flow(1, OUTSIDE, 0, CLIENT, 0, size=1480),
        flow(2, CLIENT, 0, OUTSIDE, 0, size=1480),
    )
    assert ends[1:] == [(CLIENT, OUTSIDE, False), (CLIENT, OUTSIDE, True)]


def test_a_fragment_without_a_dns_flow_is_from_the_resolver_else_from_the_source() -> None:
    assert _ends(
        flow(0, CLIENT, 0, RESOLVER, 0), flow(1, RESOLVER, 0, OTHER, 0), flow(2, OUTSIDE, 0, CLIENT, 0)
    ) == [(CLIENT, RESOLVER, True), (OTHER, RESOLVER, False), (CLIENT, OUTSIDE, False)]


def test_a_pair_that_serves_both_ways_tells_nothing_of_its_fragments() -> None:
    both = [flow(0, CLIENT, 4000, OTHER, 53), flow(1, OTHER, 4000, CLIENT, 53)]
    assert _ends(*both, flow(2, OTHER, 0, CLIENT, 0))[2] == (CLIENT, OTHER, False)


def test_other_traffic_has_no_ends() -> None:
    assert _ends(flow(0, CLIENT, 4000, OUTSIDE, 123), flow(1, CLIENT, 0, OUTSIDE, 2048)) == []


def test_roles_know_prefixes_of_both_ip_versions() -> None:
    flows = [
        flow(0, "2001:db8:c000::7", 4000, "2001:db8:53::10", 53),
        flow(1, "198.17.255.255", 4000, FAR, 53),
    ]
    told = orient(table(flows), DNS).order_by("row").to_pandas()
    assert told[["src_role", "dst_role"]].to_numpy().tolist() == [[1, 2], [0, 0]]
