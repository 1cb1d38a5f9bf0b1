"""Where the elements of flow records stand: one look at a record serves all that are laid out alike."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.walk import Offsets

_HEAD = nf.ELEMENT_HEADER.itemsize
#: Elements that a record may have; nfdump 1.7.8 knows 42 and writes each once.
MOST_ELEMENTS = 128
#: Layouts that are tried on the records of one size before the rest is read element by element.
_LAYOUTS = 4


@dataclass(frozen=True)
class Found:
    """Bodies of one kind of element, and which records have them (indices, ascending)."""

    element: int
    records: npt.NDArray[np.int64]
    bodies: npt.NDArray[np.void]


class Faults:
    """Records that can't be read, each with its first fault."""

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}

    def add(self, records: npt.NDArray[np.int64], reasons: list[str]) -> None:
        """Note a reason for each record, unless it has one."""
        for record, reason in zip(records.tolist(), reasons, strict=True):
            self.reasons.setdefault(record, reason)


def gather(data: memoryview, kind: np.dtype[Any], at: Offsets) -> npt.NDArray[Any]:
    """The structures of a kind that begin at the given bytes, copied out."""
    if not len(at):
        return np.zeros(0, kind)
    raw = np.ndarray((len(data) - kind.itemsize + 1,), f"V{kind.itemsize}", data, strides=(1,))
    return raw[at].view(kind)


def find_elements(
    data: memoryview, offsets: Offsets, sizes: npt.NDArray[np.uint16], faults: Faults
) -> Iterator[Found]:
    """The elements of the flow records at `offsets`; the records that have a fault go to `faults`."""
    for size in np.flatnonzero(np.bincount(sizes)).tolist():
        records = np.flatnonzero(sizes == size)
        if size < nf.FLOW_HEADER.itemsize:
            faults.add(records, [f"flow record: size {size} is less than its header's 12"] * len(records))
        else:
            yield from _of_size(data, offsets, records, size, faults)


def _of_size(
    data: memoryview, offsets: Offsets, records: npt.NDArray[np.int64], size: int, faults: Faults
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
        yield from _scan(data, offsets, records, size, faults)


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
    data: memoryview, offsets: Offsets, records: npt.NDArray[np.int64], size: int, faults: Faults
) -> Iterator[Found]:
    """The elements of records that share no layout: the first of all, then the second, and so on."""
    left = gather(data, np.dtype("<u2"), offsets[records] + 4).astype(np.int64)
    many = left > MOST_ELEMENTS
    faults.add(records[many], [f"{n:,} elements: at most {MOST_ELEMENTS}" for n in left[many].tolist()])
    records, left = records[~many], left[~many]
    place = np.full(len(records), nf.FLOW_HEADER.itemsize)
    while len(records := records[left > 0]):
        place, left = place[left > 0], left[left > 0]
        fits = _fitting(data, offsets[records] + place, records, size - place, faults)
        records, place, left = records[fits], place[fits], left[fits] - 1
        heads = gather(data, nf.ELEMENT_HEADER, offsets[records] + place)
        for element in nf.ELEMENTS:
            has = heads["id"] == element
            if has.any():
                at = offsets[records[has]] + place[has] + _HEAD
                yield Found(element, records[has], gather(data, nf.ELEMENTS[element], at))
        place = place + heads["length"]


def _fitting(
    data: memoryview,
    at: Offsets,
    records: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    faults: Faults,
) -> npt.NDArray[np.bool_]:
    """Which records' next element, at byte `at` with `left` bytes to go, fits into them."""
    fits: npt.NDArray[np.bool_] = left >= _HEAD
    faults.add(records[~fits], ["the record ends before its last element"] * int((~fits).sum()))
    inside = np.flatnonzero(fits)
    heads = gather(data, nf.ELEMENT_HEADER, at[inside])
    least = np.full(len(inside), _HEAD)
    for element, kind in nf.ELEMENTS.items():
        least[heads["id"] == element] += kind.itemsize
    bad = inside[(heads["length"] < least) | (heads["length"] > left[inside])]
    for i in bad.tolist():
        element, length = struct.unpack_from("<HH", data, int(at[i]))
        faults.add(records[i : i + 1], [_misfit(element, length, int(left[i])) or ""])
    fits[bad] = False
    return fits
