"""Flows written by hand, and small views of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from dnsanom.dataset.views import rows
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA, TCP, UDP

START = datetime(2026, 3, 2, tzinfo=UTC)
RESOLVER, SECOND = "198.51.100.10", "198.51.100.11"
CLIENT, OTHER = "198.18.0.7", "198.18.0.8"
OUTSIDE, FAR = "240.0.0.1", "240.0.0.2"
DNS = Dns(
    ports=(53, 853),
    resolvers=(RESOLVER, SECOND, "2001:db8:53::10"),
    client_networks=("198.18.0.0/15", "2001:db8:c000::/36"),
)


def at(seconds: float) -> datetime:
    """A moment of the hand-made day."""
    return START + timedelta(seconds=seconds)


def flow(
    seconds: float,
    src: str,
    sport: int,
    dst: str,
    dport: int,
    packets: int = 1,
    size: float = 60,
    last: float = 0.0,
    protocol: int = UDP,
    flags: int | None = 0,
    count: int = 1,
) -> dict[str, Any]:
    """One flow that starts `seconds` after START; `size` is bytes a packet."""
    total = round(packets * size)
    return {
        "first_seen": at(seconds),
        "duration": last,
        "protocol": protocol,
        "src_ip": src,
        "src_port": sport,
        "dst_ip": dst,
        "dst_port": dport,
        "tcp_flags": flags,
        "tos": 0,
        "packets": packets,
        "bytes": total,
        "pps": packets / last if last else 0.0,
        "bps": 8 * total / last if last else 0.0,
        "bpp": total / packets,
        "flows": count,
        "exporter": None,
        "sampling_rate": None,
        "scaled_by": None,
    }


def tcp(seconds: float, src: str, sport: int, dst: str, dport: int, **kwargs: Any) -> dict[str, Any]:
    """As flow, over TCP, with SYN and ACK seen."""
    return flow(seconds, src, sport, dst, dport, protocol=TCP, flags=18, **kwargs)


def arrow(flows: Iterable[dict[str, Any]], key: str = "made") -> pa.Table:
    """The flows in FLOW_SCHEMA, as one export's."""
    numbered = [{**f, "export_key": key, "row": i} for i, f in enumerate(flows)]
    return pa.Table.from_pylist(numbered, schema=FLOW_SCHEMA)


def table(flows: Iterable[dict[str, Any]]) -> ibis.Table:
    """The flows as an Ibis table."""
    return ibis.memtable(arrow(flows))


def view(name: str, flows: Iterable[dict[str, Any]], dns: Dns = DNS) -> pd.DataFrame:
    """The view's rows, in the order of time and pair."""
    made: pd.DataFrame = rows(table(flows), name, dns).to_pandas()
    return made.sort_values(["first_seen", "client", "server"], kind="stable", ignore_index=True)


def truth(*given: tuple[str, str, float, float, str]) -> pd.DataFrame:
    """Truth rows (client, server, start s, end s, vector)."""
    frame = pd.DataFrame(
        [(c, s, at(a), at(b), v) for c, s, a, b, v in given],
        columns=["client", "server", "start", "end", "vector"],
    )
    return frame.assign(**{n: pd.to_datetime(frame[n], utc=True).dt.as_unit("ms") for n in ("start", "end")})
