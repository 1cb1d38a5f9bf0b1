"""The frame that the expectations look at: a flow table's columns, and beside them what they must agree with.

Great Expectations compares a column with bounds or with another column, so what needs arithmetic (a flow's
last packet, the least bytes of its packets, how far its rates are off) is laid out here as a column first.
"""

import socket
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.schema import COLUMNS, TIMESTAMP

#: Bytes of the smallest IP packet: an IPv4 header with nothing behind it.
LEAST_PACKET = 20
ADDRESSES = ("src_ip", "dst_ip", "exporter")
#: Quantities that follow from others, and the column that says how far each is off.
AGREEMENTS = {"pps": "pps_off", "bps": "bps_off", "bpp": "bpp_off"}
LAST_SEEN, LEAST_BYTES, MALFORMED, REPEATED = "last_seen", "least_bytes", "malformed_address", "repeated_row"
#: A century in seconds: keeps a wild duration from overflowing a timestamp, and is still out of every bound.
_LONGEST = 100 * 365 * 86_400.0
_IPV4 = r"^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$"


def frame(flows: pa.Table, repeated: pa.Array, places: npt.NDArray[np.int64]) -> pd.DataFrame:
    """The flows as Great Expectations' pandas engine takes them quickest: whole numbers as int64.

    Narrower integers would be compared value by value in Python. A null turns its column into float64. Text
    is categorical, since every frame gets hashed. `repeated` holds the numbers of rows that are there more
    than once, null elsewhere; `places` become the index: as these come the failing.
    """
    wide = {c.name: _wide(flows[c.name]) for c in COLUMNS}
    columns = {**wide, **_checks(flows, wide), REPEATED: repeated}
    table: pd.DataFrame = pa.table(columns).to_pandas(split_blocks=True)
    # Unnamed: Great Expectations lists the failing rows of a named index, or of a column, one by one.
    table.index = pd.Index(places)
    return table


def repeated_rows(flows: pa.Table) -> pa.Array:
    """Per flow the row number if another flow of the export has it too, else null."""
    rows = flows["row"].combine_chunks()
    numbers = np.asarray(rows.drop_null())
    if (np.diff(numbers) > 0).all():
        return pa.nulls(len(rows), pa.float64())
    twice = pa.array(np.unique(numbers[pd.Series(numbers).duplicated()]))
    return pc.if_else(pc.is_in(rows, twice), rows, pa.scalar(None, pa.int64())).cast(pa.float64())


def count_dns(flows: pa.Table, ports: tuple[int, ...]) -> int:
    """How many flows have a DNS port at either end."""
    known = pa.array(ports, flows["src_port"].type)
    either = pc.or_(pc.is_in(flows["src_port"], known), pc.is_in(flows["dst_port"], known))
    return int(pc.sum(either).as_py() or 0)


def outside(values: pd.Series, low: float | None, high: float | None) -> pd.Series:
    """Whether each value is below `low` or above `high`; a null is not, and None is an open bound."""
    above = values > (float("inf") if high is None else high)
    return above if low is None else above | (values < low)


def is_address(text: object) -> bool:
    """Whether a text is an IPv4 or IPv6 address."""
    try:
        ip_address(str(text))
    except ValueError:
        return False
    return True


def _wide(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64())
    return values.dictionary_encode() if pa.types.is_string(values.type) else values


def _checks(flows: pa.Table, wide: dict[str, pa.ChunkedArray]) -> dict[str, pa.ChunkedArray]:
    numbers = {name: _float(flows[name]) for name in ("packets", "bytes", "duration", *AGREEMENTS)}
    packets, octets, duration = numbers["packets"], numbers["bytes"], numbers["duration"]
    derived = {
        "pps": _rate(packets, duration),
        "bps": _rate(pc.multiply(octets, 8.0), duration),
        "bpp": _over(octets, packets),
    }
    return {
        LAST_SEEN: _last_seen(flows["first_seen"], duration),
        LEAST_BYTES: pc.multiply(packets, float(LEAST_PACKET)),
        **{off: _difference(numbers[name], derived[name]) for name, off in AGREEMENTS.items()},
        MALFORMED: pc.coalesce(*(_malformed(wide[name]) for name in ADDRESSES)).dictionary_encode(),
    }


def _float(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.float64(), safe=False)


def _last_seen(first: pa.ChunkedArray, duration: pa.ChunkedArray) -> pa.ChunkedArray:
    bounded = pc.if_else(pc.less(pc.abs(duration), _LONGEST), duration, _LONGEST)
    milliseconds = pc.round(pc.multiply(bounded, 1000.0)).cast(pa.int64(), safe=False)
    return pc.add(first.cast(pa.int64()), milliseconds).cast(TIMESTAMP)


def _rate(amount: pa.ChunkedArray, duration: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(duration, 0.0), 0.0, _over(amount, duration))


def _over(amount: pa.ChunkedArray, by: pa.ChunkedArray) -> pa.ChunkedArray:
    """The ratio, null where `by` is not above 0: another rule fails such a row."""
    return pc.divide(amount, pc.if_else(pc.greater(by, 0.0), by, pa.scalar(None, pa.float64())))


def _difference(given: pa.ChunkedArray, derived: pa.ChunkedArray) -> pa.ChunkedArray:
    """Share of the derived value (of 1 if that is more) that the given one is off by."""
    return pc.divide(pc.abs(pc.subtract(given, derived)), pc.max_element_wise(derived, 1.0, skip_nulls=False))


def _malformed(addresses: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values that are no IP address, null for those that are; each distinct value is looked at once."""
    chunks = [
        pc.take(_only_malformed(chunk.dictionary), chunk.indices) for chunk in addresses.chunks if len(chunk)
    ]
    return pa.chunked_array(chunks, pa.string())


def _only_malformed(distinct: pa.StringArray) -> pa.StringArray:
    other = pc.if_else(pc.match_substring_regex(distinct, _IPV4), pa.scalar(None, pa.string()), distinct)
    wrong = [None if text is None or _is_ipv6(text) else text for text in other.to_pylist()]
    return pa.array(wrong, pa.string())


def _is_ipv6(text: str) -> bool:
    """The system's parser takes a tenth of the time of Python's, which has the last word."""
    try:
        socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return is_address(text)
    return True
