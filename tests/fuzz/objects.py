"""JSON exports to hurt: of each program and in each layout, and wounds to keys, values and nesting."""

import json
import re
from random import Random
from typing import Any

from fuzz.mutate import TEXT, Mutate, several
from fuzz.words import NASTY

_V4, _V6 = (
    {"src4_addr": "198.51.100.9", "dst4_addr": "198.18.5.171"},
    {"src6_addr": "2001:db8::1", "dst6_addr": "::1"},
)
_ICMP = {"icmp_type": 3, "icmp_code": 1}
NFDUMP: list[dict[str, Any]] = [
    {
        "type": "FLOW",
        "export_sysid": 1,
        "first": f"2026-03-02T00:00:0{n}.623",
        "last": f"2026-03-02T00:00:0{n + 1}.123",
        "in_packets": n + 1,
        "in_bytes": 2110,
        "proto": 17 if n else 1,
        **({"tcp_flags": "........", "src_port": 53, "dst_port": 48_410 + n} if n else _ICMP),
        "src_tos": 184,
        **(_V4 if n % 3 else _V6),
        "aggr_flows": 1,
        "ip4_router": "192.0.2.1",
        "label": "<none>",
    }
    for n in range(5)
]
GOFLOW2: list[dict[str, Any]] = [
    {
        "type": "NETFLOW_V9",
        "sampling_rate": 100,
        "sampler_address": "192.0.2.1",
        "time_flow_start_ns": 1772409600250999999 + n,
        "time_flow_end_ns": 1772409601750000000,
        "bytes": 300,
        "packets": 3,
        "src_addr": "198.18.0.1",
        "dst_addr": "2001:db8::53",
        "proto": "UDP",
        "src_port": 40_000 + n,
        "dst_port": 53,
        "ip_tos": 8,
        "tcp_flags": 0,
        "as_path": [],
    }
    for n in range(5)
]
_V1 = {
    "time_flow_start_ns": "TimeFlowStartMs",
    "time_flow_end_ns": "TimeFlowEndMs",
    "sampling_rate": "SamplingRate",
    "sampler_address": "SamplerAddress",
    "ip_tos": "IPTos",
    "tcp_flags": "TCPFlags",
}
GOFLOW2_V1 = [
    {
        _V1.get(key, key.title().replace("_", "")): value // 10**6 if key.endswith("_ns") else value
        for key, value in flow.items()
    }
    for flow in GOFLOW2
]
PMACCT: list[dict[str, Any]] = [
    {"event_type": "purge_init", "writer_id": "default_kafka/1"},
    *(
        {
            "event_type": "purge",
            "label": {"a": "b"} if n else "",
            "peer_ip_src": "192.0.2.1",
            "ip_src": "198.18.0.1",
            "ip_dst": "198.51.100.10",
            "port_src": 40_000,
            "port_dst": 53,
            "tcp_flags": ["SYN", "ACK"] if n else 0,
            "ip_proto": "udp",
            "tos": 8,
            "sampling_rate": 100,
            "timestamp_start": "2026-03-02 00:00:00.250999" if n else "1772409600.25",
            "timestamp_end": "2026-03-02 00:00:01.750000",
            "packets": 3,
            "flows": None if n else 2,
            "bytes": 300,
        }
        for n in range(4)
    ),
]
_VALUE = re.compile(rb'(?<=:)\s*(?:"[^"\n]*"|[^",}\]\s]+)')
_PAIR = re.compile(rb'"[^"\n]*"\s*:\s*(?:"[^"\n]*"|[^",}\]\s]+)')


def seeds() -> dict[str, tuple[bytes, ...]]:
    """Program → its objects on lines, in an array, and printed wide."""
    programs = {"nfdump-json": [NFDUMP], "goflow2-json": [GOFLOW2, GOFLOW2_V1], "pmacct-json": [PMACCT]}
    return {
        name: tuple(text for flows in all_of for text in _layouts(flows)) for name, all_of in programs.items()
    }


def _layouts(flows: list[dict[str, Any]]) -> list[bytes]:
    lines = "".join(json.dumps(flow) + "\n" for flow in flows)
    printed = json.dumps(flows, indent="\t", separators=(",", " : "))
    return [text.encode() for text in (lines, json.dumps(flows), printed)]


def _value(data: bytes, draw: Random) -> bytes:
    """Another value behind a key, quoted or not."""
    found = _VALUE.search(data, int(draw.random() * len(data))) or _VALUE.search(data)
    if found is None:
        return data
    text = draw.choice(NASTY)
    new = (json.dumps(text) if draw.random() < 0.5 else text).encode(errors="surrogatepass")
    return data[: found.start()] + new + data[found.end() :]


def _pair(data: bytes, draw: Random) -> bytes:
    """A key with its value put in a second time, nested, or taken out."""
    found = _PAIR.search(data, int(draw.random() * len(data)))
    if found is None:
        return data
    pair = found[0]
    new = draw.choice(
        (pair + b"," + pair, b"", b'"x":{' + pair + b"}", b'"x":[{' + pair + b"},{}]", pair + b",")
    )
    return data[: found.start()] + new + data[found.end() :]


wounds: Mutate = several((*TEXT, _value, _value, _value, _value, _pair, _pair, _pair))
