"""pmacct's JSON: times as text or seconds, flags as number or names, markers of a purge."""

import json
from typing import Any

import pytest

from dnsanom.netflow import Decoded, decode
from dnsanom.params import Dns

DNS = Dns(ports=(53, 853))
FLOW = {
    "event_type": "purge",
    "label": "",
    "peer_ip_src": "192.0.2.1",
    "ip_src": "198.18.0.1",
    "ip_dst": "198.51.100.10",
    "port_src": 40000,
    "port_dst": 53,
    "tcp_flags": 0,
    "ip_proto": "udp",
    "tos": 8,
    "sampling_rate": 100,
    "timestamp_start": "2026-03-02 00:00:00.250999",
    "timestamp_end": "2026-03-02 00:00:01.750000",
    "packets": 3,
    "flows": 2,
    "bytes": 300,
    "writer_id": "default_kafka/1",
}
INIT = {"event_type": "purge_init", "writer_id": "default_kafka/1"}
CLOSE = {"event_type": "purge_close", "writer_id": "default_kafka/1", "purged_entries": 1, "duration": 0}


def read(*flows: dict[str, Any]) -> Decoded:
    return decode("".join(json.dumps(f) + "\n" for f in flows).encode(), "k", DNS, keep="all")


def test_a_flow_is_read_with_unit_and_type() -> None:
    decoded = read(FLOW)
    assert (decoded.report.format, decoded.report.missing) == ("pmacct JSON", ())
    (found,) = decoded.flows.drop_columns(["export_key", "row"]).to_pylist()
    assert found.pop("first_seen").isoformat() == "2026-03-02T00:00:00.250000+00:00"
    assert found == {
        "duration": 1.5,
        "protocol": 17,
        "src_ip": "198.18.0.1",
        "src_port": 40000,
        "dst_ip": "198.51.100.10",
        "dst_port": 53,
        "tcp_flags": 0,
        "tos": 8,
        "packets": 3,
        "bytes": 300,
        "pps": 2.0,
        "bps": 1600.0,
        "bpp": 100.0,
        "flows": 2,
        "exporter": "192.0.2.1",
        "sampling_rate": 100,
        "scaled_by": 1,
    }


@pytest.mark.parametrize(
    "start",
    [
        "1772409600.250999",
        "1772409600.25",
        "2026-03-02T00:00:00.250999Z",
        "2026-03-02T01:00:00.250999+01:00[CET]",
    ],
)
def test_times_are_text_or_seconds(start: str) -> None:
    assert read({**FLOW, "timestamp_start": start}).flows.equals(read(FLOW).flows)


def test_whole_seconds_may_be_numbers() -> None:
    flow = {**FLOW, "timestamp_start": 1772409600, "timestamp_end": 1772409602}
    assert read(flow).flows["duration"].to_pylist() == [2.0]


def test_stitched_times_serve_too() -> None:
    names = {"timestamp_start": "timestamp_min", "timestamp_end": "timestamp_max"}
    assert read({names.get(k, k): v for k, v in FLOW.items()}).flows.equals(read(FLOW).flows)


def test_an_aggregate_without_times_is_rejected() -> None:
    flow = {k: v for k, v in FLOW.items() if k != "timestamp_start"}
    reason = read({**flow, "stamp_inserted": "2026-03-02 00:00:00"}).rejected["reason"].to_pylist()
    assert reason == ["timestamp_start or timestamp_min missing: a flow can't do without"]


@pytest.mark.parametrize(
    ("key", "value", "column", "found"),
    [
        ("tcp_flags", 27, "tcp_flags", 27),
        ("tcp_flags", "27", "tcp_flags", 27),
        ("tcp_flags", ["SYN", "ACK", "SYN"], "tcp_flags", 18),
        ("tcp_flags", [], "tcp_flags", 0),
        ("ip_proto", "ipv6-icmp", "protocol", 58),
        ("ip_proto", "17", "protocol", 17),
        ("ip_proto", 6, "protocol", 6),
        ("flows", None, "flows", 1),
        ("peer_ip_src", "", "exporter", None),
    ],
)
def test_values_as_they_come(key: str, value: object, column: str, found: object) -> None:
    assert read({**FLOW, key: value}, FLOW).flows[column].to_pylist()[0] == found


def test_flags_of_unknown_names_are_rejected() -> None:
    (reason,) = read(FLOW, {**FLOW, "tcp_flags": ["SYN", "XYZ"]}).rejected["reason"].to_pylist()
    assert reason.startswith('tcp_flags ["SYN","XYZ"]: must be TCP flags')


def test_nested_labels_and_purge_markers_are_no_obstacle() -> None:
    decoded = read(INIT, {**FLOW, "label": {"a": "b", "c": {"a": "d"}}}, FLOW, CLOSE)
    assert (decoded.report.rows, decoded.report.rejected) == (2, 0)
    assert decoded.flows["row"].to_pylist() == [0, 1]
