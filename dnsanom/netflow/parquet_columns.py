"""Typed columns to those of the flow table: which types will do, and which of their values won't."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from dnsanom.netflow.address import canonical
from dnsanom.netflow.cells import is_null
from dnsanom.schema import LAST_MS

#: Row → what is wrong with it.
Reasons = dict[int, str]
_TIME = pa.timestamp("ms")
#: The milliseconds of the years 1 to 9999, which calendars have.
_FIRST_MS = -62_135_596_800_000


@dataclass(frozen=True)
class Column:
    """A kind of column: the types that it takes, in words too, and how values of them become the table's.

    Values that can't be are null and have a reason afterwards.
    """

    takes: Callable[[pa.DataType], bool]
    types: str
    turn: Callable[[pa.Array], pa.Array]
    rule: str
    is_text: bool = False

    def read(self, values: pa.ChunkedArray, name: str, reasons: Reasons) -> pa.Array:
        """The column as the flow table has it; rows that get null for a value are noted with the rule."""
        given = values.combine_chunks()
        turned = self.turn(given)
        if turned.null_count:
            for at in np.flatnonzero(is_null(turned) & ~is_null(given)).tolist():
                reasons.setdefault(at, f"{name} {plain(given[at])!r}: {self.rule}")
        return turned


def plain(value: Any) -> Any:
    """An Arrow scalar as a Python value; as text where Python has none for it."""
    if types.is_timestamp(value.type):
        # Python has no time before the year 1 or in an unknown zone.
        return None if value.value is None else f"{value.value} {value.type.unit} since 1970"
    try:
        return value.as_py()
    except ValueError:
        return "text that is not UTF-8"


def _whole(kind: pa.DataType, low: int, high: int) -> Column:
    """Whole numbers from `low` to `high`."""

    def turn(values: pa.Array) -> pa.Array:
        bounds = pc.min_max(values).as_py()
        inside = bounds["min"] is None or (low <= bounds["min"] and bounds["max"] <= high)
        return (values if inside else _where(values, low, high)).cast(kind)

    return Column(types.is_integer, "whole numbers", turn, f"must be {low:,} to {high:,}")


def _where(values: pa.Array, low: int, high: int) -> pa.Array:
    """The values that are within bounds, as far as their type can hold these; else null."""
    limits = np.iinfo(values.type.to_pandas_dtype())
    least, most = (
        pa.scalar(max(low, limits.min), values.type),
        pa.scalar(min(high, limits.max), values.type),
    )
    within = pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most))
    return pc.if_else(within, values, pa.scalar(None, values.type))


def _moments(values: pa.Array) -> pa.Array:
    """Times to milliseconds, cut off, and null out of the calendar."""
    unit = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}[values.type.unit]
    numbers = values.cast(pa.timestamp(values.type.unit)).view(pa.int64())
    if unit < 1000:
        return pc.multiply(_where(numbers, _FIRST_MS // 1000, LAST_MS // 1000), 1000).view(_TIME)
    low, high = (max(-(2**63), min(2**63 - 1, ms * unit // 1000)) for ms in (_FIRST_MS, LAST_MS))
    within = _where(numbers, low, high)
    ticks = np.asarray(within.fill_null(0)) // (unit // 1000)
    return pa.array(ticks, mask=is_null(within)).view(_TIME)


def _seconds(values: pa.Array) -> pa.Array:
    numbers = values.cast(pa.float64())
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_floating(kind) or types.is_integer(kind))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _addresses(values: pa.Array) -> pa.Array:
    """Addresses in canonical text; each distinct one is looked at once."""
    encoded = values if types.is_dictionary(values.type) else values.dictionary_encode()
    texts = encoded.dictionary.cast(pa.large_binary()).to_pylist()
    found = [canonical(text.decode(errors="backslashreplace")) if text else None for text in texts]
    return pa.array(found, pa.string()).take(encoded.indices)


_ADDRESS = Column(_is_text, "text", _addresses, "must be an IP address", is_text=True)
_COUNTER = _whole(pa.int64(), -(10**18), 10**18 - 1)
_BYTE, _PORT = _whole(pa.int16(), -(2**15), 2**15 - 1), _whole(pa.int32(), -(2**31), 2**31 - 1)
#: Column → its kind. Numbers are held to what the table can hold; validation bounds them further.
KINDS: dict[str, Column] = {
    "first_seen": Column(types.is_timestamp, "timestamps", _moments, "must be in the years 1 to 9999"),
    "duration": Column(_is_number, "numbers", _seconds, "must be a number of seconds"),
    **dict.fromkeys(("protocol", "tcp_flags", "tos"), _BYTE),
    **dict.fromkeys(("src_ip", "dst_ip", "exporter"), _ADDRESS),
    **dict.fromkeys(("src_port", "dst_port", "sampling_rate", "scaled_by"), _PORT),
    **dict.fromkeys(("packets", "bytes", "flows"), _COUNTER),
}
