"""Cells of text to columns: at once where all are well formed, else each distinct text by itself."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow.address import canonical
from dnsanom.netflow.names import flags_bits, protocol_number
from dnsanom.schema import LAST_MS

Parse = Callable[[str], Any]
#: All texts at once; raises ArrowInvalid when one of them is malformed.
Many = Callable[[pa.Array], pa.Array]

_TIME = pa.timestamp("ms")
#: The year 10000, which neither Python nor Arrow's text of a time can reach.
_END_OF_TIME = LAST_MS + 1


@dataclass(frozen=True)
class Cell:
    """A kind of cell: its type, how one text is read (None when malformed), what it must be, whether
    Arrow may read it in bulk, and how when not by a cast."""

    kind: pa.DataType
    parse: Parse
    rule: str
    bulk: bool = True
    many: Many | None = None


def integer(text: str) -> int | None:
    """A whole number of at most 18 digits."""
    text = text.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else None


def port(text: str) -> int | None:
    """A port as it stands; one past 65535 is left to validation."""
    number = integer(text)
    return number if number is not None and abs(number) < 2**31 else None


def _octet(text: str) -> int | None:
    number = integer(text)
    return number if number is not None and abs(number) < 2**15 else None


def seconds(text: str) -> float | None:
    """A finite number of seconds."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def moment(text: str) -> datetime | None:
    """A time in UTC, cut to milliseconds; the date 0000-00-00 is how a time of 0 is printed."""
    text = text.strip().replace("0000-00-00", "1970-01-01")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is not None:
        try:
            time = time.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return None
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def moments(texts: pa.Array) -> pa.Array:
    """Times as text at once, with at most 9 digits of a second. Raises ArrowInvalid when one is malformed."""
    try:
        return texts.cast(_TIME)
    except pa.ArrowInvalid:
        return texts.cast(pa.timestamp("ns")).cast(_TIME, safe=False)


def _epoch_ms(text: str) -> int | None:
    number = integer(text)
    return number if number is not None and abs(number) < _END_OF_TIME else None


def _epoch_seconds(text: str) -> int | None:
    number = seconds(text)
    return round(number * 1000) if number is not None and abs(number) < _END_OF_TIME / 1000 else None


def _bounded(milliseconds: pa.Array) -> pa.Array:
    values = np.asarray(milliseconds)
    if len(values) and not (np.abs(values) < _END_OF_TIME).all():
        raise pa.ArrowInvalid("a time past the year 9999")
    return pa.array(values.astype(np.int64)).cast(_TIME)


def _many_seconds(texts: pa.Array) -> pa.Array:
    return _bounded(pc.round(pc.multiply(texts.cast(pa.float64()), 1000.0)))


def _many_either(texts: pa.Array) -> pa.Array:
    try:
        return moments(texts)
    except pa.ArrowInvalid:
        return _many_seconds(texts)


WHEN = Cell(_TIME, moment, "must be a time as 2026-03-02 14:05:06.789", many=moments)
EPOCH_MS = Cell(
    _TIME, _epoch_ms, "must be milliseconds since 1970", many=lambda texts: _bounded(texts.cast(pa.int64()))
)
EPOCH_SECONDS = Cell(_TIME, _epoch_seconds, "must be seconds since 1970", many=_many_seconds)
WHEN_OR_SECONDS = Cell(
    _TIME,
    lambda text: _epoch_seconds(text) if seconds(text) is not None else moment(text),
    "must be a time as 2026-03-02 14:05:06.789, or seconds since 1970",
    many=_many_either,
)
SECONDS = Cell(pa.float64(), seconds, "must be a number of seconds")
COUNTER = Cell(pa.int64(), integer, "must be a whole number of at most 18 digits")
PORT = Cell(pa.int32(), port, "must be a port")
OCTET = Cell(pa.int16(), _octet, "must be a number of one byte")
RATE = Cell(pa.int32(), port, "must be a sampling rate")
PROTOCOL = Cell(pa.int16(), protocol_number, "must be a protocol's number or its name in nfdump", bulk=False)
FLAGS = Cell(pa.int16(), flags_bits, "must be TCP flags of 8 or 6 places, or their number", bulk=False)
ADDRESS = Cell(pa.string(), canonical, "must be an IP address", bulk=False)


def read_cells(texts: pa.Array, cell: Cell) -> pa.Array:
    """A column of texts as values; null where a text is malformed."""
    if cell.bulk:
        values = _in_bulk(texts, cell)
        if values is not None:
            return values
    distinct = texts.dictionary_encode()
    values = pa.array([cell.parse(text) for text in distinct.dictionary.to_pylist()], cell.kind)
    return values.take(distinct.indices)


def _in_bulk(texts: pa.Array, cell: Cell) -> pa.Array | None:
    """All texts at once, padded or not; None when one is malformed, so that each must be looked at."""
    many = cell.many or (lambda given: given.cast(cell.kind))
    try:
        values = many(texts)
    except pa.ArrowInvalid:
        try:
            values = many(pc.utf8_trim_whitespace(texts))
        except pa.ArrowInvalid:
            return None
    finite = cell.kind != pa.float64() or bool(np.isfinite(np.asarray(values)).all())
    return values if finite else None


def is_null(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Where a column is null."""
    return np.asarray(values.is_null()) if values.null_count else np.zeros(len(values), bool)
