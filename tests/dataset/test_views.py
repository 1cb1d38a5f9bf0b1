"""Both views on flows made by hand, with the numbers worked out by hand."""

import math

import numpy as np
import pytest
from handflows import CLIENT, DNS, FAR, OTHER, OUTSIDE, RESOLVER, at, flow, tcp, view

from dnsanom.dataset.views import rows
from dnsanom.errors import BadUseError
from dnsanom.schema import ROW_COLUMNS, UDP, feature_names

MINUTE = [
    flow(1, CLIENT, 4001, RESOLVER, 53, packets=2, size=60),
    flow(2.5, CLIENT, 4002, RESOLVER, 53, packets=1, size=90, last=3.0),
    tcp(3, CLIENT, 4002, RESOLVER, 53, packets=1, size=66),
    flow(4, RESOLVER, 53, CLIENT, 4001, packets=2, size=200),
    flow(5, RESOLVER, 0, CLIENT, 0, packets=1, size=1000),
    flow(6, CLIENT, 4003, FAR, 53),
    flow(7, OTHER, 4004, RESOLVER, 53),
    flow(8, OUTSIDE, 4006, RESOLVER, 53),
    flow(60, CLIENT, 4005, RESOLVER, 53),
]


def test_a_window_row_in_numbers() -> None:
    made = view("window", MINUTE)
    row = made[(made["client"] == CLIENT) & (made["server"] == RESOLVER)].iloc[0]
    steps = np.round(np.array([60, 90, 66]) * 16)
    assert {name: row[name] for name in feature_names("window")} == pytest.approx(
        {
            "query_packets": 4,
            "reply_packets": 3,
            "query_bpp": 276 / 4,
            "reply_bpp": 1400 / 3,
            "query_bpp_spread": steps.std() / 16,
            "reply_bpp_spread": 400,
            "query_excess": 0,
            "gain": 1400 / 3 - 276 / 4,
            "answered": 3 / 4,
            "port_share": 2 / 4,
            "tcp_share": 1 / 7,
            "fragment_share": 1000 / 1676,
            "fan_out": 2,
            "fan_in": 3,
            "server_role": 2,
        }
    )
    assert (row["first_seen"], row["last_seen"]) == (at(1), at(5.5))
    assert (row["flow_count"], row["packet_count"], row["byte_count"]) == (5, 7, 1676)


def test_a_flow_is_in_the_window_of_its_first_packet() -> None:
    made = view(
        "window", [flow(59.9, CLIENT, 4000, RESOLVER, 53, last=30.0), flow(60, CLIENT, 4000, RESOLVER, 53)]
    )
    assert made["first_seen"].tolist() == [at(59.9), at(60)]
    assert made["last_seen"].tolist() == [at(89.9), at(60)]


def test_a_window_without_queries() -> None:
    row = view("window", [flow(0, RESOLVER, 53, CLIENT, 4000, size=500)]).iloc[0]
    found = row[["query_bpp", "answered", "query_bpp_spread", "port_share", "gain"]].tolist()
    assert found == [0, 2, 0, 1, 500]


def test_records_that_stand_for_many_flows_count_as_many() -> None:
    row = view("window", [flow(0, CLIENT, 4000, RESOLVER, 53, packets=9, count=9)]).iloc[0]
    assert (row["flow_count"], row["query_packets"]) == (9, 9)


def test_a_flow_longer_than_a_window_counts_with_a_window_s_share() -> None:
    """The same stream metered with other active timeouts gives the same numbers, 120 queries of 100 bytes."""
    ten, one = (
        flow(0, CLIENT, 4000, RESOLVER, 53, packets=120 * n, size=100, last=60.0 * n) for n in (10, 1)
    )
    told = [
        view("window", [each]).iloc[0][["query_packets", "query_excess", "query_bpp"]] for each in (ten, one)
    ]
    assert told[0].tolist() == told[1].tolist() == [120, 1200, 100]


def test_how_many_flows_the_same_packets_are_metered_as_changes_no_amount() -> None:
    whole = view("window", [flow(0, CLIENT, 4000, RESOLVER, 53, packets=6, size=120, last=50.0)]).iloc[0]
    cut = [flow(10 * n, CLIENT, 4000, RESOLVER, 53, packets=2, size=120, last=5.0) for n in range(3)]
    names = feature_names("window")
    assert view("window", cut).iloc[0][names].tolist() == whole[names].tolist()


def test_a_flow_row_in_numbers() -> None:
    flows = [
        flow(0, CLIENT, 4000, RESOLVER, 53),
        flow(2.25, CLIENT, 900, RESOLVER, 853, packets=4, size=100, last=2.0, flags=9),
        flow(3, RESOLVER, 53, CLIENT, 4000, size=130),
        flow(100, CLIENT, 4001, RESOLVER, 53),
    ]
    made = view("flow", flows)
    assert made["direction"].tolist() == ["query", "query", "reply", "query"]
    assert made["gap"].tolist() == [60, 2.25, 60, 60]
    assert made.loc[1, feature_names("flow")].to_dict() == {
        "gap": 2.25,
        "duration": 2,
        "is_tcp": 0,
        "src_role": 1,
        "src_port_class": 3,
        "dst_role": 2,
        "dst_port_class": 2,
        "tcp_flags": 0,
        "tos": 0,
        "packets": 4,
        "bytes": 400,
        "pps": 2,
        "bps": 1600,
        "bpp": 100,
        "flows": 1,
    }
    assert made.loc[1, ["client", "server", "last_seen"]].tolist() == [CLIENT, RESOLVER, at(4.25)]


def test_flags_mean_something_for_tcp_alone() -> None:
    odd = {**tcp(0, CLIENT, 4000, OUTSIDE, 53), "tcp_flags": 24, "protocol": UDP}
    assert view("flow", [odd]).loc[0, ["tcp_flags", "is_tcp"]].tolist() == [0, 0]


@pytest.mark.parametrize("name", ["flow", "window"])
def test_every_feature_is_a_finite_number(name: str) -> None:
    made = view(name, MINUTE)
    assert list(made.columns[: len(ROW_COLUMNS)]) == list(ROW_COLUMNS)
    assert all(math.isfinite(x) for x in made[feature_names(name)].to_numpy().ravel())
    assert made["first_seen"].dt.tz is not None
    assert made["last_seen"].dt.tz is not None


def test_no_flows_are_no_rows() -> None:
    assert len(view("window", [])) == len(view("flow", [])) == 0


def test_an_unknown_view_is_named() -> None:
    with pytest.raises(BadUseError, match="'hour': unknown, known are flow, window"):
        rows(None, "hour", DNS)
