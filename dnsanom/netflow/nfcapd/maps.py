"""Extension maps of nfdump 1.6: where in a common record its extensions stand."""

import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dnsanom.errors import DecodeError
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1
from dnsanom.netflow.nfcapd.records import Records
from dnsanom.netflow.nfcapd.walk import Offsets

_WANTED = (nf1.AGGREGATED_4, nf1.AGGREGATED_8, nf1.ROUTER_V4, nf1.ROUTER_V6, nf1.EVENT)
#: Bits of a number that names a byte of the file; a map's id stands above them.
_SHIFT = 47
_FIRST = nf1.MAP_HEADER.itemsize


@dataclass(frozen=True)
class Extensions:
    """Bytes that the extensions of a map take, and where those that we read begin, counted from the first.

    `fault`: why records of this map can't be read; empty when they can.
    """

    size: int
    places: tuple[tuple[int, int], ...]
    fault: str = ""


@dataclass
class Maps:
    """All extension maps of a file. One id may stand for one map after the other."""

    layouts: list[Extensions] = field(default_factory=list)
    #: Map id and byte from which on it holds, as one number each, ascending; and the layout of each.
    _since: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _layout: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def of(self, ids: npt.NDArray[np.uint16], at: Offsets) -> npt.NDArray[np.int64]:
        """The number of each record's layout, by its map's id and the byte where it begins; -1 for none."""
        if not len(self._since):
            return np.full(len(ids), -1)
        if len(self._since) == 1:
            found = (ids == self._since[0] >> _SHIFT) & (at > self._since[0] & (1 << _SHIFT) - 1)
            return np.where(found, self._layout[0], -1)
        wanted = ids.astype(np.int64) << _SHIFT | at
        place = np.searchsorted(self._since, wanted) - 1
        found = (place >= 0) & (self._since[place] >> _SHIFT == ids)
        return np.where(found, self._layout[place], -1)


def read_maps(records: Records, key: str) -> Maps:
    """The maps from the records of that kind. Raises DecodeError for one that does not fit its record."""
    numbers: dict[Extensions, int] = {}
    held: dict[int, int] = {}
    since: list[tuple[int, int]] = []
    for place in records.offsets[records.kinds == nf.MAP_RECORD].tolist():
        ident, extensions = _read(records.data, place, f"{key}: extension map at byte {place:,}")
        number = numbers.setdefault(extensions, len(numbers))
        if held.get(ident) != number:
            held[ident] = number
            since.append((ident << _SHIFT | place, number))
    told = np.array(sorted(since), np.int64).reshape(-1, 2)
    return Maps(list(numbers), told[:, 0].copy(), told[:, 1].copy())


def _read(data: memoryview, place: int, where: str) -> tuple[int, Extensions]:
    size = int.from_bytes(data[place + 2 : place + 4], "little")
    if size < _FIRST:
        raise DecodeError(f"{where}: size {size} must be at least {_FIRST}")
    _, _, ident, total = struct.unpack_from("<4H", data, place)
    listed = struct.unpack_from(f"<{(size - _FIRST) // 2}H", data, place + _FIRST)
    ids = listed[: listed.index(0)] if 0 in listed else listed
    return ident, _extensions(ident, ids, total)


def _extensions(ident: int, ids: tuple[int, ...], total: int) -> Extensions:
    """Places of the extensions; the size of one that is not known is what the others leave of the total."""
    known = sum(nf1.EXTENSIONS.get(e, 0) for e in ids)
    strange = [e for e in ids if e not in nf1.EXTENSIONS]
    if known > total or (known < total and len(strange) != 1):
        what = f", not counting {strange}" if strange else ""
        return Extensions(
            0, (), f"extension map {ident}: extensions take {known:,} bytes{what}, it says {total:,}"
        )
    places, at = [], 0
    for extension in ids:
        if extension in _WANTED:
            places.append((extension, at))
        at += nf1.EXTENSIONS.get(extension, total - known)
    return Extensions(total, tuple(places))
