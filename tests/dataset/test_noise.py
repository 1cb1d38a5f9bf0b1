"""Noise lists: they hold prefixes with a source and a date, and rows of their hosts are tagged."""

import csv
from datetime import date
from ipaddress import ip_address, ip_network

import pytest
from handflows import CLIENT, OUTSIDE, flow, table
from hypothesis import given
from hypothesis import strategies as st

from dnsanom.dataset import noise
from dnsanom.dataset.networks import pack, prefixes
from dnsanom.errors import SettingsError
from dnsanom.params import Noise

ALL = Noise(lists=("public_resolvers", "known_scanners", "open_resolvers"))


def _tags(flows: list[dict[str, object]], wanted: Noise = ALL) -> list[str | None]:
    return noise.tag(table(flows), wanted).order_by("row").to_pyarrow()["noise"].to_pylist()


def test_either_end_tags_a_flow() -> None:
    assert _tags(
        [
            flow(0, CLIENT, 4000, "8.8.8.8", 53),
            flow(1, "2001:4860:4860::8888", 53, "2001:db8:c000::1", 4000),
            flow(2, "162.142.125.9", 4000, CLIENT, 53),
            flow(3, CLIENT, 4000, OUTSIDE, 53),
            flow(4, CLIENT, 4000, "4.2.2.1", 53),
        ]
    ) == ["public_resolvers", "public_resolvers", "known_scanners", None, "open_resolvers"]


def test_of_two_lists_the_first_named_wins() -> None:
    both = [flow(0, "162.142.125.9", 4000, "8.8.8.8", 53)]
    assert _tags(both) == ["public_resolvers"]
    assert _tags(both, Noise(lists=("known_scanners", "public_resolvers"))) == ["known_scanners"]


def test_tagging_drops_and_adds_no_row() -> None:
    flows = [flow(i, CLIENT, 4000, OUTSIDE, 53) for i in range(5)]
    assert _tags(flows, Noise()) == [None] * 5
    assert noise.tag(table(flows), ALL).columns == (*table(flows).columns, "noise")


def test_an_unknown_list_is_named() -> None:
    with pytest.raises(SettingsError, match="'bots': unknown, known are known_scanners, open_resolvers"):
        noise.read_list("bots")


@pytest.mark.parametrize("name", noise.list_names())
def test_a_list_says_who_where_and_when(name: str) -> None:
    path = noise._folder() / f"{name}.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    entries = list(csv.DictReader(lines))
    assert tuple(entries[0]) == noise.LIST_COLUMNS
    assert all(e["name"] and e["source"] and date.fromisoformat(e["date"]) for e in entries)
    assert len({ip_network(e["prefix"]) for e in entries}) == len(entries) == len(noise.read_list(name))


networks = st.lists(
    st.builds(
        lambda a, bits: ip_network(f"{a}/{min(bits, a.max_prefixlen)}", strict=False),
        st.ip_addresses(),
        st.integers(4, 128),
    ),
    max_size=6,
)


@given(networks, st.ip_addresses(), st.integers(0, 5))
def test_membership_is_that_of_the_standard_library(nets: list, address: object, pick: int) -> None:
    if nets and pick < len(nets):
        address = nets[pick].broadcast_address
    inside = any(address in net for net in nets if net.version == address.version)  # type: ignore[attr-defined]
    assert (pack(str(address)) in prefixes(nets)) == inside
    assert pack(str(address)) == ip_address(str(address)).packed


def test_text_that_is_no_address_is_in_no_prefix() -> None:
    assert pack("nowhere") not in prefixes([ip_network("0.0.0.0/0"), ip_network("::/0")])
