"""Hand-made flows, and a small real model that knows them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import ibis
import pandas as pd
import pyarrow as pa

from dnsanom.dataset import views
from dnsanom.model import candidates
from dnsanom.model.bundle import Bundle
from dnsanom.model.novelty import Novelty
from dnsanom.params import Dns
from dnsanom.schema import BENIGN, FLOW_SCHEMA, UDP, feature_names
from dnsanom.settings import Settings
from dnsanom.store import lake

HOUR = 3600
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RESOLVER, OUTSIDE = "198.51.100.10", "240.0.9.9"
#: The features that the small models see.
SEEN = {
    "window": ["query_packets", "query_bpp", "reply_bpp", "fan_out"],
    "flow": ["packets", "bpp", "dst_port_class", "gap"],
}


def flow(
    at: float, src: str, sport: int, dst: str, dport: int, packets: int = 1, size: int = 72, last: float = 0
) -> dict[str, object]:
    """One UDP flow that begins `at` seconds after START; `size` is bytes a packet."""
    return {
        "first_seen": START + timedelta(seconds=at),
        "duration": last,
        "protocol": UDP,
        "src_ip": src,
        "src_port": sport,
        "dst_ip": dst,
        "dst_port": dport,
        "tcp_flags": 0,
        "tos": 0,
        "packets": packets,
        "bytes": packets * size,
        "pps": packets / last if last else 0.0,
        "bps": 8 * packets * size / last if last else 0.0,
        "bpp": float(size),
        "flows": 1,
        "exporter": "192.0.2.1",
        "sampling_rate": 1,
        "scaled_by": 1,
    }


def ask(
    at: float, client: str, server: str = RESOLVER, packets: int = 1, out: int = 72, back: int = 130
) -> list[dict[str, object]]:
    """A query flow and its reply flow."""
    port = 20_000 + int(at) % 30_000
    last = 50.0 if packets > 1 else 0.0
    return [
        flow(at, client, port, server, 53, packets, out, last),
        flow(at + 0.01, server, 53, client, port, packets, back, last),
    ]


def calm(start: float, minutes: int, clients: int = 6) -> list[dict[str, object]]:
    """Benign minutes: each client asks the resolver a few names."""
    return [
        row
        for minute in range(minutes)
        for n in range(clients)
        for query in range(1 + (n + minute) % 3)
        for row in ask(start + 60 * minute + 3 * n + 7 * query, f"198.18.0.{n + 1}")
    ]


def tunnel(
    start: float, minutes: int, client: str = "198.18.7.7", server: str = RESOLVER
) -> list[dict[str, object]]:
    """A long flow of large queries each minute."""
    return [
        row
        for minute in range(minutes)
        for row in ask(start + 60 * minute + 2, client, server, packets=200, out=230, back=280)
    ]


def scan(start: float, servers: int, client: str = "240.0.1.1") -> list[dict[str, object]]:
    """One outside host asks many of ours once, in one minute; nobody answers."""
    return [flow(start + n * 0.43, client, 40_000, f"198.18.9.{n + 1}", 53, 1, 60) for n in range(servers)]


def flood(start: float, minutes: int, clients: int, server: str = RESOLVER) -> list[dict[str, object]]:
    """Many clients send the resolver thousands of packets a minute."""
    return [
        flow(start + 60 * minute + n, f"198.18.5.{n + 1}", 5_353, server, 53, 9_000, 64, 40.0)
        for minute in range(minutes)
        for n in range(clients)
    ]


def table(rows: Iterable[dict[str, object]], key: str) -> pa.Table:
    """Flows as a table of the canonical schema, in order of time."""
    ordered = sorted(rows, key=lambda row: (row["first_seen"], str(row["src_ip"]), str(row["dst_ip"])))
    full = [{**row, "export_key": key, "row": n} for n, row in enumerate(ordered)]
    return pa.Table.from_pylist(full, schema=FLOW_SCHEMA)


def day() -> list[dict[str, object]]:
    """Two calm hours with a tunnel over the full hour, a scan and a flood."""
    return [
        *calm(0, 120),
        *tunnel(HOUR - 240, 8),
        *scan(1_200, 60),
        *flood(HOUR + 1_800, 2, 6),
    ]


def halves(rows: list[dict[str, object]]) -> tuple[pa.Table, pa.Table]:
    """The rows as two exports, an hour each."""
    flows = table(rows, "whole")
    first = [row for row in flows.to_pylist() if row["first_seen"].hour == 8]
    second = [row for row in flows.to_pylist() if row["first_seen"].hour != 8]
    return table(first, "nfcapd.0800"), table(second, "nfcapd.0900")


def put(settings: Settings, *exports: pa.Table) -> None:
    for flows in exports:
        lake.write(settings.lake, flows, flows["export_key"][0].as_py())


def _rows(flows: pa.Table, view: str, dns: Dns) -> pd.DataFrame:
    return views.rows(ibis.memtable(flows), view, dns).execute()


#: No minute made by hand is so far from all others.
FAR = 100.0


def train(view: str, dns: Dns) -> Bundle:
    """One nearest neighbour over a few hand-made minutes of each kind."""
    kinds = {
        BENIGN: calm(0, 20),
        "tunnel": tunnel(0, 10),
        "scan": scan(0, 40),
        "flood": flood(0, 3, 5),
    }
    parts = {name: _rows(table(rows, "training"), view, dns) for name, rows in kinds.items()}
    frame = pd.concat([part.assign(vector=name) for name, part in parts.items()], ignore_index=True)
    benign = parts[BENIGN][feature_names(view)]
    setting = {"n_neighbors": 1, "weights": "uniform", "metric": "euclidean"}
    pipeline = candidates.pipeline(view, "knn", setting, SEEN[view])
    pipeline.fit(frame[feature_names(view)], frame["vector"])
    card = {
        "view": view,
        "model": "knn",
        "setting": setting,
        "features": SEEN[view],
        "classes": sorted(parts),
        "threshold": 0.5,
        "usual": {name: [float(benign[name].median()), 0.1] for name in benign},
        "window_seconds": dns.window_seconds,
        "data_md5": "0123456789abcdef0123456789abcdef",
        "code": "abcdef0",
        "name": f"dnsanom-{view}",
        "version": "1",
    }
    rows = pipeline[:-1].transform(frame[feature_names(view)])
    return Bundle(pipeline, card, Novelty().fit(rows, frame["vector"]).calibrate(FAR))
