"""goflow2's JSON: both generations of names, counts as they were seen."""

import json
from typing import Any

import pytest

from dnsanom.netflow import Decoded, decode
from dnsanom.params import Dns

DNS = Dns(ports=(53, 853))
V2 = {
    "type": "NETFLOW_V9",
    "time_received_ns": 1772409661000000000,
    "sequence_num": 1,
    "sampling_rate": 1000,
    "sampler_address": "192.0.2.1",
    "time_flow_start_ns": 1772409600250000000,
    "time_flow_end_ns": 1772409601750999999,
    "bytes": 300,
    "packets": 3,
    "src_addr": "198.18.0.1",
    "src_net": "0.0.0.0/0",
    "dst_addr": "198.51.100.10",
    "etype": "IPv4",
    "proto": "UDP",
    "src_port": 40000,
    "dst_port": 53,
    "ip_tos": 8,
    "tcp_flags": 0,
    "as_path": [],
}
V1 = {
    "Type": "IPFIX",
    "TimeReceived": 1772409661,
    "SamplingRate": 1000,
    "SamplerAddress": "192.0.2.1",
    "TimeFlowStart": 1772409600,
    "TimeFlowEnd": 1772409601,
    "TimeFlowStartMs": 1772409600250,
    "TimeFlowEndMs": 1772409601750,
    "Bytes": 300,
    "Packets": 3,
    "SrcAddr": "198.18.0.1",
    "DstAddr": "198.51.100.10",
    "Etype": 2048,
    "Proto": 17,
    "SrcPort": 40000,
    "DstPort": 53,
    "IPTos": 8,
    "TCPFlags": 0,
    "HasMPLS": False,
    "AsPath": [],
}


def read(*flows: dict[str, Any]) -> Decoded:
    return decode("".join(json.dumps(f) + "\n" for f in flows).encode(), "k", DNS, keep="all")


def test_both_generations_give_the_same_flow() -> None:
    late = {{"IPTos": "IpTos", "TCPFlags": "TcpFlags"}.get(k, k): v for k, v in V1.items()}
    decoded = read(V2, V1, late)
    assert decoded.report.format == "goflow2 JSON"
    assert (decoded.report.rejected, decoded.report.missing) == (0, ())
    first, *others = decoded.flows.drop_columns(["row"]).to_pylist()
    assert others == [first, first]
    assert first["first_seen"].isoformat() == "2026-03-02T00:00:00.250000+00:00"
    assert (first["duration"], first["protocol"], first["tos"], first["tcp_flags"]) == (1.5, 17, 8, 0)


def test_counts_are_as_they_were_seen_beside_the_rate() -> None:
    known, unknown = read(V2, {**V2, "sampling_rate": 0}).flows.to_pylist()
    assert (known["packets"], known["bytes"], known["sampling_rate"], known["scaled_by"]) == (3, 300, 1000, 1)
    assert (unknown["packets"], unknown["sampling_rate"], unknown["scaled_by"]) == (3, None, None)


def test_seconds_serve_where_there_are_no_milliseconds() -> None:
    old = {key: value for key, value in V1.items() if not key.endswith("Ms")}
    assert read(old).flows["duration"].to_pylist() == [1.0]


@pytest.mark.parametrize(
    ("key", "value", "column", "found"),
    [
        ("proto", "TCP", "protocol", 6),
        ("proto", "IPv6-ICMP", "protocol", 58),
        ("proto", "ICMPv6", "protocol", 58),
        ("proto", "IPIP", "protocol", 94),
        ("proto", "ISIS over IPv4", "protocol", 124),
        ("proto", 47, "protocol", 47),
        ("tcp_flags", 0x118, "tcp_flags", 0x18),
        ("time_flow_start_ns", "2026-03-02T00:00:01.25Z", "duration", 0.5),
        ("time_flow_start_ns", "2026-03-02T01:00:01.250999+01:00", "duration", 0.5),
        ("time_flow_start_ns", "1772409601250000001", "duration", 0.5),
        ("sampler_address", "2001:DB8::1", "exporter", "2001:db8::1"),
        ("src_port", 70_000, "src_port", 70_000),
    ],
)
def test_values_as_they_come(key: str, value: object, column: str, found: object) -> None:
    for flows in ([{**V2, key: value}], [{**V2, key: value}, V2]):  # at once, and value by value
        assert read(*flows).flows[column].to_pylist()[0] == found
