"""Flows for tests: every protocol, both IP versions, fragments, two routers, rates, counts. Seeded."""

import numpy as np
import pyarrow as pa

from dnsanom.netflow import finish
from dnsanom.schema import FLOW_SCHEMA

START = 1_772_409_600_000  # 2026-03-02 00:00:00 UTC, in ms
ROUTERS = ("192.0.2.1", "2001:db8:ffff::1", None)
#: Each router announces one rate; the flows without a router have none.
RATES = {"192.0.2.1": 1, "2001:db8:ffff::1": 100, None: None}


def made_flows(count: int, seed: int = 7, key: str = "made") -> pa.Table:
    """`count` flows in FLOW_SCHEMA over five minutes, most of them DNS."""
    draw = np.random.default_rng(seed)
    wide = draw.random(count) < 0.2
    query = draw.random(count) < 0.5
    client = [
        f"2001:db8:c000::{n + 1:x}" if w else f"198.18.{n >> 8}.{n & 255}"
        for n, w in _drawn(draw, wide, 2000)
    ]
    server = [f"2001:db8:53::{n + 16:x}" if w else f"198.51.100.{n}" for n, w in _drawn(draw, wide, 20)]
    kind = draw.choice(5, count, p=[0.85, 0.06, 0.03, 0.03, 0.03])  # UDP, TCP, fragment, ICMP, other
    port = np.where(kind == 0, 53, np.where(kind == 1, 853, 0))
    high = np.where(kind < 2, draw.integers(1024, 65_536, count), 0)
    lasting = np.where(draw.random(count) < 0.9, 0, draw.integers(1, 60_000, count))
    packets = draw.geometric(0.5, count)
    router = draw.choice(len(ROUTERS), count)
    columns = {
        "first_seen": pa.array(START + np.sort(draw.integers(0, 300_000, count)), pa.timestamp("ms", "UTC")),
        "duration": pa.array(lasting / 1000),
        "protocol": pa.array(np.array([17, 6, 17, 1, 47])[kind]),
        "src_ip": pa.array(np.where(query, client, server)),
        "dst_ip": pa.array(np.where(query, server, client)),
        "src_port": pa.array(np.where(query, high, port)),
        "dst_port": pa.array(np.where(query, port, high) + np.where(kind == 3, 771, 0)),
        "tcp_flags": pa.array(np.where(kind == 1, draw.integers(1, 256, count), 0)),
        "tos": pa.array(draw.choice([0, 8, 184], count)),
        "packets": pa.array(packets),
        "bytes": pa.array(packets * draw.integers(60, 1500, count)),
        "flows": pa.array(np.where(draw.random(count) < 0.98, 1, draw.integers(2, 9, count))),
        "exporter": pa.array([ROUTERS[r] for r in router]),
        "sampling_rate": pa.array([RATES[ROUTERS[r]] for r in router], pa.int32()),
        "row": pa.array(np.arange(count)),
    }
    columns["scaled_by"] = columns["sampling_rate"]
    return finish(columns, key).select(FLOW_SCHEMA.names)


def _drawn(draw: np.random.Generator, wide: np.ndarray, most: int) -> list[tuple[int, bool]]:
    return list(zip(draw.integers(0, most, len(wide)).tolist(), wide.tolist(), strict=True))
