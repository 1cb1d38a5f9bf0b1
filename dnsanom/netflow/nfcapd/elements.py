"""Where the elements of flow records stand: one look at a record serves all that are laid out alike."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.faults import Faults
from dnsanom.netflow.nfcapd.walk import Offsets, Words

Numbers = npt.NDArray[np.int64]
_HEAD = nf.ELEMENT_HEADER.itemsize
#: Elements that a record may have; nfdump 1.7.8 knows 42 and writes each once.
MOST_ELEMENTS = 128
#: Layouts that are tried on the records of one size before the rest is read element by element.
_LAYOUTS = 4
#: Records of one size that are worth a look for a layout of their own.
_MANY = 32


@dataclass(frozen=True)
class Found:
    """Bodies of one kind of element, and which records have them (indices, ascending)."""

    element: int
    records: Numbers
    bodies: npt.NDArray[np.void]


def gather(data: memoryview, kind: np.dtype[Any], at: Offsets) -> npt.NDArray[Any]:
    """The structures of a kind that begin at these bytes (ascending), copied out; 0 past the data's end."""
    if not len(at):
        return np.zeros(0, kind)
    past = int(at[-1]) + kind.itemsize - len(data)
    if past > 0:
        data = memoryview(bytes(data) + bytes(past))
    raw = np.ndarray((len(data) - kind.itemsize + 1,), f"V{kind.itemsize}", data, strides=(1,))
    return raw[at].view(kind)


def find_elements(data: memoryview, offsets: Offsets, sizes: Words, faults: Faults) -> Iterator[Found]:
    """The elements of the flow records at `offsets`; the records that have a fault go to `faults`."""
    counts = np.bincount(sizes)
    counts[: nf.FLOW_HEADER.itemsize] = 0
    for size in np.flatnonzero(counts >= _MANY).tolist():
        yield from _of_size(data, offsets, np.flatnonzero(sizes == size), size, faults)
    short, rare = sizes < nf.FLOW_HEADER.itemsize, counts[sizes] < _MANY
    for record in np.flatnonzero(short).tolist():
        faults.add(record, f"flow record: size {sizes[record]} is less than its header's 12")
    records = np.flatnonzero(rare & ~short)
    if len(records):
        yield from _scan(data, offsets, records, sizes[records].astype(np.int64), faults)


def _of_size(
    data: memoryview, offsets: Offsets, records: Numbers, size: int, faults: Faults
) -> Iterator[Found]:
    for _ in range(_LAYOUTS):
        layout = _layout(data, int(offsets[records[0]]), size) if len(records) else None
        if layout is None:
            break
        copies = gather(data, _structure(layout, size), offsets[records])
        alike = _alike(copies, layout)
        whole = bool(alike.all())
        for place, (element, _) in layout.items():
            if element in nf.ELEMENTS:
                bodies = copies[f"b{place}"]
                yield Found(element, records if whole else records[alike], bodies if whole else bodies[alike])
        records = records[~alike]
    if len(records):
        yield from _scan(data, offsets, records, np.full(len(records), size), faults)


def _layout(data: memoryview, start: int, size: int) -> dict[int, tuple[int, int]] | None:
    """Place of each element of a record → its id and length; None when one does not fit."""
    count = struct.unpack_from("<H", data, start + 4)[0]
    layout, place = {}, nf.FLOW_HEADER.itemsize
    if count > MOST_ELEMENTS:
        return None
    for _ in range(count):
        if place + _HEAD > size:
            return None
        element, length = struct.unpack_from("<HH", data, start + place)
        if _misfit(element, length, size - place):
            return None
        layout[place] = (element, length)
        place += length
    return layout


def _misfit(element: int, length: int, left: int) -> str | None:
    least = _HEAD + (nf.ELEMENTS[element].itemsize if element in nf.ELEMENTS else 0)
    if least <= length <= left:
        return None
    return f"element {element}: length {length:,} must be {least} to {left:,}, what is left of the record"


def _structure(layout: dict[int, tuple[int, int]], size: int) -> np.dtype[np.void]:
    """A record of this layout: count of elements, header word of each, bodies of the known ones."""
    fields: list[tuple[str, object, int]] = [("count", "<u2", 4)]
    for place, (element, _) in layout.items():
        fields.append((f"h{place}", "<u4", place))
        if element in nf.ELEMENTS:
            fields.append((f"b{place}", nf.ELEMENTS[element], place + _HEAD))
    names, formats, places = zip(*fields, strict=True)
    return np.dtype({"names": names, "formats": formats, "offsets": places, "itemsize": size})


def _alike(copies: npt.NDArray[np.void], layout: dict[int, tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Which records have just this layout."""
    alike: npt.NDArray[np.bool_] = copies["count"] == len(layout)
    for place, (element, length) in layout.items():
        alike &= copies[f"h{place}"] == (element | length << 16)
    return alike


def _scan(
    data: memoryview, offsets: Offsets, records: Numbers, sizes: Numbers, faults: Faults
) -> Iterator[Found]:
    """The elements of records that share no layout: the first of all, then the second, and so on."""
    left = gather(data, np.dtype("<u2"), offsets[records] + 4).astype(np.int64)
    many = left > MOST_ELEMENTS
    for record, count in zip(records[many].tolist(), left[many].tolist(), strict=True):
        faults.add(record, f"{count:,} elements: at most {MOST_ELEMENTS}")
    place = np.full(len(records), nf.FLOW_HEADER.itemsize)
    on = ~many & (left > 0)
    while on.any():
        records, sizes, place, left = records[on], sizes[on], place[on], left[on]
        fits = _fitting(data, offsets[records] + place, records, sizes - place, faults)
        records, sizes, place, left = records[fits], sizes[fits], place[fits], left[fits] - 1
        heads = gather(data, nf.ELEMENT_HEADER, offsets[records] + place)
        for element in nf.ELEMENTS:
            has = heads["id"] == element
            if has.any():
                at = offsets[records[has]] + place[has] + _HEAD
                yield Found(element, records[has], gather(data, nf.ELEMENTS[element], at))
        place, on = place + heads["length"], left > 0


def _fitting(
    data: memoryview, at: Offsets, records: Numbers, left: Numbers, faults: Faults
) -> npt.NDArray[np.bool_]:
    """Which records' next element, at byte `at` with `left` bytes to go, fits into them."""
    fits: npt.NDArray[np.bool_] = left >= _HEAD
    faults.add_all(records[~fits], "the record ends before its last element")
    inside = np.flatnonzero(fits)
    heads = gather(data, nf.ELEMENT_HEADER, at[inside])
    least = np.full(len(inside), _HEAD)
    for element, kind in nf.ELEMENTS.items():
        least[heads["id"] == element] += kind.itemsize
    bad = inside[(heads["length"] < least) | (heads["length"] > left[inside])]
    for i in bad.tolist():
        element, length = struct.unpack_from("<HH", data, int(at[i]))
        faults.add(int(records[i]), _misfit(element, length, int(left[i])) or "")
    fits[bad] = False
    return fits
