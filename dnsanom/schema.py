"""The one table of columns: flows, and the features of both views.

Readers, expectations, views, models and docs read it, so that a column is named, typed and bounded once.
Units and meanings follow nfdump's `extended` line.
"""

from dataclasses import dataclass

import pyarrow as pa

TIMESTAMP = pa.timestamp("ms", tz="UTC")
#: The last millisecond of the year 9999, which no calendar goes past.
LAST_MS = 253_402_300_799_999
UDP, TCP = 17, 6


@dataclass(frozen=True)
class Column:
    """One column: Arrow type, unit, meaning, bounds (inclusive, None for open) and whether it may be null."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str
    low: float | None = None
    high: float | None = None
    nullable: bool = False


FLOW_COLUMNS: tuple[Column, ...] = (
    Column("first_seen", TIMESTAMP, "UTC", "time of the flow's first packet"),
    Column("duration", pa.float64(), "s", "last packet's time less the first's", 0, 86_400),
    Column("protocol", pa.int16(), "IANA number", "IP protocol", 0, 255),
    Column("src_ip", pa.string(), "address", "IPv4 or IPv6 source in canonical text"),
    Column("src_port", pa.int32(), "port", "source port; 0 in fragments", 0, 65_535),
    Column("dst_ip", pa.string(), "address", "IPv4 or IPv6 destination in canonical text"),
    Column("dst_port", pa.int32(), "port", "destination port; 0 in fragments", 0, 65_535),
    Column("tcp_flags", pa.int16(), "bits", "OR of the TCP flags seen", 0, 255, nullable=True),
    Column("tos", pa.int16(), "byte", "type of service", 0, 255, nullable=True),
    Column("packets", pa.int64(), "packets", "packets, as the exporter or collector scaled them", 1, 1e12),
    Column("bytes", pa.int64(), "bytes", "IP bytes, scaled as packets are", 1, 1e15),
    Column("pps", pa.float64(), "packets/s", "packets / duration, 0 where the duration is 0", 0),
    Column("bps", pa.float64(), "bits/s", "8 bytes / duration, 0 where the duration is 0", 0),
    Column("bpp", pa.float64(), "bytes/packet", "bytes / packets", 1, 65_535),
    Column("flows", pa.int64(), "flows", "flows that this record stands for", 1, 1e9),
)

PROVENANCE: tuple[Column, ...] = (
    Column("exporter", pa.string(), "address", "the router that exported the flow", nullable=True),
    Column("sampling_rate", pa.int32(), "1:N", "announced packet sampling", 1, 10_000_000, nullable=True),
    Column("scaled_by", pa.int32(), "factor", "multiplied into packets and bytes", 1, 1e7, nullable=True),
    Column("export_key", pa.string(), "key", "the export that the flow was read from"),
    Column("row", pa.int64(), "row", "the flow's place in its export, from 0", 0),
)

COLUMNS = FLOW_COLUMNS + PROVENANCE
FLOW_SCHEMA = pa.schema([pa.field(c.name, c.type, nullable=True) for c in COLUMNS])
DERIVED = ("pps", "bps", "bpp")


@dataclass(frozen=True)
class Feature:
    """One number that a model may learn from. `log` says that the model sees log(1 + x)."""

    name: str
    unit: str
    meaning: str
    log: bool = False


FLOW_FEATURES: tuple[Feature, ...] = (
    Feature("gap", "s", "since the last flow of the same pair and way, at most a window", log=True),
    Feature("duration", "s", "last packet's time less the first's", log=True),
    Feature("is_tcp", "0/1", "TCP (protocol)"),
    Feature("src_role", "0/1/2", "source: elsewhere, one of our clients, one of our resolvers (src_ip)"),
    Feature("src_port_class", "0..4", "source port: 0 none, 1 DNS, 2 DoT, 3 below 1024, 4 other (src_port)"),
    Feature("dst_role", "0/1/2", "destination: elsewhere, one of our clients, one of our resolvers (dst_ip)"),
    Feature("dst_port_class", "0..4", "destination port, classes as the source's (dst_port)"),
    Feature("tcp_flags", "bits", "OR of the TCP flags, 0 unless TCP"),
    Feature("tos", "byte", "type of service"),
    Feature("packets", "packets", "packets", log=True),
    Feature("bytes", "bytes", "bytes", log=True),
    Feature("pps", "packets/s", "packets a second, 0 where the duration is 0", log=True),
    Feature("bps", "bits/s", "bits a second, 0 where the duration is 0", log=True),
    Feature("bpp", "bytes/packet", "bytes a packet", log=True),
    Feature("flows", "flows", "flows that this record stands for", log=True),
)

WINDOW_FEATURES: tuple[Feature, ...] = (
    Feature("query_packets", "packets", "packets to the server, of longer flows a window's share", log=True),
    Feature("reply_packets", "packets", "packets to the client, of longer flows a window's share", log=True),
    Feature("query_bpp", "bytes/packet", "bytes a packet from client to server, 0 without", log=True),
    Feature("reply_bpp", "bytes/packet", "bytes a packet from server to client, 0 without", log=True),
    Feature("query_bpp_spread", "bytes/packet", "standard deviation of query_bpp over flows", log=True),
    Feature("reply_bpp_spread", "bytes/packet", "standard deviation of reply_bpp over flows", log=True),
    Feature("query_excess", "bytes", "bytes in queries beyond 90 a packet, in a window", log=True),
    Feature("gain", "bytes/packet", "reply_bpp less query_bpp, at least 0", log=True),
    Feature("answered", "ratio", "reply packets / query packets, at most 2; 2 without queries"),
    Feature("port_share", "0..1", "distinct client ports to a packet of the busier direction"),
    Feature("tcp_share", "0..1", "share of packets over TCP"),
    Feature("fragment_share", "0..1", "share of bytes in port-0 fragments"),
    Feature("fan_out", "servers", "servers that the client asked in the window", log=True),
    Feature("fan_in", "clients", "clients that the server had in the window", log=True),
    Feature("server_role", "0/1/2", "server: elsewhere, one of our clients, one of our resolvers"),
)

FEATURES: dict[str, tuple[Feature, ...]] = {"flow": FLOW_FEATURES, "window": WINDOW_FEATURES}
VIEWS = tuple(FEATURES)

#: Columns beside the features in a view's rows: what the row is, and how much traffic it stands for.
ROW_COLUMNS = (
    "client",
    "server",
    "first_seen",
    "last_seen",
    "flow_count",
    "packet_count",
    "byte_count",
    "noise",
)
#: Columns that labelling adds.
LABEL_COLUMNS = ("vector", "label_source", "episode")
#: Column that the split adds: whether an attack row's attacker was in an attack of the training side.
SEEN = "seen"

BENIGN, UNKNOWN = "benign", "unknown"
ATTACKS = (
    "amplification",
    "flood",
    "water_torture",
    "tunnel",
    "scan",
    "tcp_abuse",
    "fragments",
    "open_resolver",
)
VECTORS = (BENIGN, *ATTACKS)
TRUTH_COLUMNS = ("client", "server", "start", "end", "vector")


def feature_names(view: str) -> list[str]:
    """Names of the view's fifteen features, in the table's order."""
    return [f.name for f in FEATURES[view]]
