"""JSON values to columns: whole numbers at once, texts as cells, and a mixture value by value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow import cells
from dnsanom.netflow.cells import Cell, read_cells
from dnsanom.netflow.jsonflow.moments import moment_reader
from dnsanom.schema import LAST_MS

Ints = npt.NDArray[np.int64]
_NUMBERS, _TEXTS = {int, type(None)}, {str, type(None)}
_NO_NUMBER, _MOST = -1, 2**63 - 1


def _same(numbers: Ints) -> Ints:
    return numbers


@dataclass(frozen=True)
class Value:
    """A kind of value: how text of it is read, the highest whole number that it may be, and what such numbers
    are in the column."""

    cell: Cell
    high: int = _NO_NUMBER
    whole: Callable[[Ints], Ints] = _same


def _time(per_second: int, unit: str) -> Value:
    cell = Cell(pa.timestamp("ms"), moment_reader(per_second), f"must be a time, or {unit} since 1970", False)
    if per_second == 1:
        return Value(cell, LAST_MS // 1000, lambda seconds: seconds * 1000)
    return Value(cell, LAST_MS * (per_second // 1000), lambda ticks: ticks // (per_second // 1000))


def _wide_flags(text: str) -> int | None:
    wide = text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 0xFFFF
    return int(text) & 255 if wide else cells.FLAGS.parse(text)


def protocol(numbers: Mapping[str, int]) -> Value:
    """A protocol by number, or by name as the given ones, in lower case."""

    def parse(text: str) -> int | None:
        number = numbers.get(text.strip().lower())
        return cells.PROTOCOL.parse(text) if number is None else number

    return Value(replace(cells.PROTOCOL, parse=parse, rule="must be a protocol's number or name"), 255)


WHEN = Value(cells.WHEN)
SECONDS, MILLISECONDS, NANOSECONDS = _time(1, "s"), _time(1000, "ms"), _time(10**9, "ns")
PROTOCOL = Value(cells.PROTOCOL, 255)
ADDRESS = Value(cells.ADDRESS)
PORT, OCTET = Value(cells.PORT, 2**31 - 1), Value(cells.OCTET, 2**15 - 1)
COUNTER = Value(cells.COUNTER, 10**18 - 1)
RATE = Value(cells.RATE, 2**31 - 1)
#: IPFIX has 16 bits for flags and uses nine; the table has the eight that all exporters know.
FLAGS = Value(replace(cells.FLAGS, parse=_wide_flags), 0xFFFF, lambda bits: bits & 255)


def read_values(values: Sequence[Any], kind: Value) -> pa.Array:
    """A column of values; null where one is None, or is not of its kind."""
    types = set(map(type, values))
    if types <= _TEXTS:
        return read_cells(pa.array(values, pa.string()), kind.cell)
    if types <= _NUMBERS:
        numbers = _in_bulk(values, kind)
        if numbers is not None:
            return numbers
    return pa.array([_one(value, kind) for value in values], kind.cell.kind)


def _in_bulk(values: Sequence[int | None], kind: Value) -> pa.Array | None:
    """All numbers at once; None when one is out of bounds, so that each must be looked at."""
    numbers = [value for value in values if value is not None]
    if numbers and (min(numbers) < 0 or max(numbers) > min(kind.high, _MOST)):
        return None
    if kind.whole is _same:
        return pa.array(values, kind.cell.kind)
    if len(numbers) < len(values):
        array = pa.array(values, pa.int64())
        absent, whole = np.asarray(array.is_null()), np.asarray(array.fill_null(0))
        return pa.array(kind.whole(whole), mask=absent).cast(kind.cell.kind)
    return pa.array(kind.whole(np.array(numbers, np.int64))).cast(kind.cell.kind)


def _one(value: object, kind: Value) -> Any:
    if isinstance(value, str):
        return kind.cell.parse(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= kind.high:
        return int(kind.whole(np.array([value]))[0])
    return None
