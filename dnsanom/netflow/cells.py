"""Cells of text to columns: at once where all are well formed, else each distinct text by itself."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow.address import canonical
from dnsanom.netflow.names import flags_bits, protocol_number

Parse = Callable[[str], Any]


@dataclass(frozen=True)
class Cell:
    """A kind of cell: its type, how one text is read (None when malformed), what it must be, and whether
    Arrow may read it in bulk."""

    kind: pa.DataType
    parse: Parse
    rule: str
    bulk: bool = True


def _integer(text: str) -> int | None:
    text = text.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else None


def _port(text: str) -> int | None:
    number = _integer(text)
    return number if number is not None and abs(number) < 2**31 else None


def _octet(text: str) -> int | None:
    number = _integer(text)
    return number if number is not None and abs(number) < 2**15 else None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and "_" not in text else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None


WHEN = Cell(pa.timestamp("ms"), _moment, "must be a time as 2026-03-02 14:05:06.789")
SECONDS = Cell(pa.float64(), _seconds, "must be a number of seconds")
COUNTER = Cell(pa.int64(), _integer, "must be a whole number of at most 18 digits")
PORT = Cell(pa.int32(), _port, "must be a port")
OCTET = Cell(pa.int16(), _octet, "must be a number of one byte")
PROTOCOL = Cell(
    pa.int16(), protocol_number, "must be a protocol's number or nfdump's name for it", bulk=False
)
FLAGS = Cell(pa.int16(), flags_bits, "must be TCP flags of 8 or 6 places, or their number", bulk=False)
ADDRESS = Cell(pa.string(), canonical, "must be an IP address", bulk=False)


def read_cells(texts: pa.Array, cell: Cell) -> pa.Array:
    """A column of texts as values; null where a text is malformed."""
    if cell.bulk:
        values = _in_bulk(texts, cell.kind)
        if values is not None:
            return values
    distinct = texts.dictionary_encode()
    values = pa.array([cell.parse(text) for text in distinct.dictionary.to_pylist()], cell.kind)
    return values.take(distinct.indices)


def _in_bulk(texts: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """All texts at once; None when one is malformed, so that each must be looked at."""
    try:
        values = texts.cast(kind)
    except pa.ArrowInvalid:
        return None
    finite = kind != pa.float64() or bool(np.isfinite(np.asarray(values)).all())
    return values if finite else None


def is_null(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Where a column is null."""
    return np.asarray(values.is_null())
