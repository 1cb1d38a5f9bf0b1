"""What an export and its flows must obey, as one list made from the schema's table.

A rule is an expectation with its meaning in plain words. `whole` rules are about the export: one that fails
quarantines it all. The others are about a flow, and only the flows that fail are quarantined. What the
settings, the clock or the exports of a run give are suite parameters: each run passes their values in.
"""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dnsanom.quality import checks
from dnsanom.schema import COLUMNS, Column

SUITE = "flows"
#: Suite parameters: the oldest and the newest time a packet may have, the exports of the run, and the share
#: of an export's flows that must be DNS.
EARLIEST, LATEST, EXPORTS, LEAST_DNS = "earliest", "latest", "exports", "least_dns"
GIVEN, BETWEEN = "expect_columns_to_be_given", "expect_columns_to_be_between"
HOLD_DNS = "expect_exports_to_hold_dns"
#: Protocols that routers export flows of, by IANA's numbers.
PROTOCOLS = {
    1: "ICMP",
    2: "IGMP",
    4: "IPv4",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    115: "L2TP",
    132: "SCTP",
    136: "UDPLite",
}
#: Share by which a derived quantity may be off: exporters round.
TOLERANCE = 0.001


@dataclass(frozen=True)
class Rule:
    """An expectation: its type and arguments, and what it means.

    `text` describes it; `columns` maps the flow columns that it looks at to the rule for each, in the words
    that a quarantined row's reason uses.
    """

    type: str
    text: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    whole: bool = False


def rules() -> list[Rule]:
    """Every rule, those about the whole export first."""
    return [*_of_export(), *_of_values(), *_of_time(), *_of_counters()]


def _of_export() -> list[Rule]:
    return [
        Rule(
            HOLD_DNS,
            "Enough of the flows are DNS (quality.min_dns_share), where there are any",
            {"exports": {"$PARAMETER": EXPORTS}, "min_share": {"$PARAMETER": LEAST_DNS}},
            whole=True,
        ),
        Rule(
            "expect_columns_to_have_types",
            "Every column of the flow table is there with its type",
            {"types": {column.name: _types(column) for column in COLUMNS}},
            whole=True,
        ),
        Rule(
            "expect_column_values_to_be_null",
            "Each row of the export is there once",
            {"column": checks.REPEATED},
            whole=True,
        ),
    ]


def _of_values() -> list[Rule]:
    needed = [c.name for c in COLUMNS if not c.nullable]
    bounded = [c for c in COLUMNS if c.low is not None or c.high is not None]
    return [
        Rule(
            GIVEN,
            "Columns that must not be null are given",
            {"column_list": needed, "ignore_row_if": "never"},
            dict.fromkeys(needed, "must be given"),
        ),
        Rule(
            BETWEEN,
            "Numbers lie within the schema's bounds",
            _bounds(bounded),
            {c.name: _bounds_text(c) for c in bounded},
        ),
        Rule(
            "expect_column_values_to_be_in_set",
            "Protocols are known: " + ", ".join(PROTOCOLS.values()),
            {"column": "protocol", "value_set": list(PROTOCOLS)},
            {"protocol": "must be a known protocol"},
        ),
        Rule(
            "expect_column_values_to_be_null",
            "Addresses are IPv4 or IPv6",
            {"column": checks.MALFORMED},
            dict.fromkeys(checks.ADDRESSES, "must be an IPv4 or IPv6 address"),
        ),
    ]


def _of_time() -> list[Rule]:
    between = "expect_column_values_to_be_between"
    earliest, latest = {"$PARAMETER": EARLIEST}, {"$PARAMETER": LATEST}
    return [
        Rule(
            between,
            "Flows begin after quality.earliest and not in the future",
            {"column": "first_seen", "min_value": earliest, "max_value": latest},
            {"first_seen": "must not be before quality.earliest or in the future"},
        ),
        Rule(
            between,
            "Flows do not end in the future",
            {"column": checks.LAST_SEEN, "max_value": latest},
            {"first_seen": "", "duration": "must not end in the future"},
        ),
    ]


def _of_counters() -> list[Rule]:
    agreements = {
        "pps": "must be packets / duration",
        "bps": "must be 8 bytes / duration",
        "bpp": "must be bytes / packets",
    }
    size = f"must be at least {checks.LEAST_PACKET} bytes a packet, an IPv4 header"
    pair = {"column_A": "bytes", "column_B": checks.LEAST_BYTES, "or_equal": True}
    return [
        Rule(
            "expect_column_pair_values_a_to_be_greater_than_b",
            f"Packets have {checks.LEAST_PACKET} bytes or more, an IPv4 header",
            {**pair, "ignore_row_if": "either_value_is_missing"},
            {"packets": "", "bytes": size},
        ),
        Rule(
            BETWEEN,
            "pps, bps and bpp follow from packets, bytes and duration",
            {
                "column_list": list(checks.AGREEMENTS.values()),
                "min_values": [0.0] * len(agreements),
                "max_values": [TOLERANCE] * len(agreements),
                "ignore_row_if": "never",
            },
            agreements,
        ),
    ]


def _bounds(columns: list[Column]) -> dict[str, Any]:
    return {
        "column_list": [c.name for c in columns],
        "min_values": [None if c.low is None else float(c.low) for c in columns],
        "max_values": [None if c.high is None else float(c.high) for c in columns],
        "ignore_row_if": "never",
    }


def _bounds_text(column: Column) -> str:
    low, high = (None if bound is None else f"{bound:,.0f}" for bound in (column.low, column.high))
    return f"must be at least {low} {column.unit}" if high is None else f"must be between {low} and {high}"


def _types(column: Column) -> list[str]:
    """pandas types of the column in the frame; integers with nulls are float64, which `row` can't be."""
    if pa.types.is_integer(column.type):
        return ["int64"] if column.name == "row" else ["int64", "float64"]
    if pa.types.is_timestamp(column.type):
        return [f"datetime64[{column.type.unit}, {column.type.tz}]"]
    return ["float64"] if pa.types.is_floating(column.type) else ["str", "null"]
