"""Flow records to arrays of numbers, and the records that are no possible flow to faults."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.elements import Faults, Found, find_elements, gather
from dnsanom.netflow.nfcapd.walk import Offsets
from dnsanom.netflow.parallel import side_by_side

Bodies = npt.NDArray[np.void]
#: Records that are read in one go, few enough to stay in the processor's cache.
_CHUNK = 1 << 15
#: Element → its fields, the array that each goes to, and that one's type. A 64th bit shows as a sign.
_FIELDS: dict[int, tuple[tuple[str, str, npt.DTypeLike], ...]] = {
    nf.GENERIC: (
        ("first", "first", np.int64),
        ("last", "last", np.int64),
        ("packets", "packets", np.int64),
        ("bytes", "bytes", np.int64),
        ("src_port", "src_port", np.int32),
        ("dst_port", "dst_port", np.int32),
        ("protocol", "protocol", np.int16),
        ("tcp_flags", "tcp_flags", np.int16),
        ("tos", "tos", np.int16),
    ),
    nf.IPV4: (("src", "src", np.uint32), ("dst", "dst", np.uint32)),
    nf.COUNTERS: (("flows", "flows", np.int64),),
    nf.RECEIVED_V4: (("ip", "router", np.uint32),),
    nf.SAMPLER: (("interval", "interval", np.int32),),
}
#: The last millisecond of the year 9999, which no calendar goes past.
_LAST_MS = 253_402_300_799_999
_HAS_GENERIC, _HAS_ADDRESS = 1, 2
_SEEN = {nf.GENERIC: _HAS_GENERIC, nf.IPV4: _HAS_ADDRESS, nf.IPV6: _HAS_ADDRESS}


class Flows:
    """Numbers of all flows of a file, row by row; 0 where a record lacks the element that has them.

    Elements with IPv6 addresses stand aside, with the rows that have them.
    """

    def __init__(self, count: int) -> None:
        fields = [field for of_element in _FIELDS.values() for field in of_element]
        self.numbers: dict[str, npt.NDArray[Any]] = {name: np.zeros(count, kind) for _, name, kind in fields}
        self.exporter = np.zeros(count, np.uint16)
        self.seen = np.zeros(count, np.uint8)
        self.aside: dict[int, list[tuple[Offsets, Bodies]]] = {nf.IPV6: [], nf.RECEIVED_V6: []}

    def of_v6(self, element: int) -> tuple[Offsets, Bodies]:
        """Rows with the IPv6 element, and its bodies."""
        rows, bodies = zip(*self.aside[element], strict=True) if self.aside[element] else ((), ())
        kind = nf.ELEMENTS[element]
        return np.concatenate([np.zeros(0, np.int64), *rows]), np.concatenate([np.zeros(0, kind), *bodies])


def read_flows(data: memoryview, offsets: Offsets, faults: Faults) -> Flows:
    """The flow records at `offsets`; those that can't be read or can't be flows go to `faults`."""
    flows, starts = Flows(len(offsets)), range(0, len(offsets), _CHUNK)
    results = side_by_side(lambda start: _read_chunk(data, offsets, start, flows), starts, len(starts) > 1)
    for start, local in zip(starts, results, strict=True):
        for record, reason in local.reasons.items():
            faults.reasons.setdefault(record + start, reason)
    _check(flows, faults)
    return flows


def _read_chunk(data: memoryview, offsets: Offsets, start: int, flows: Flows) -> Faults:
    """Read the records from `start` on into their rows."""
    part, faults = offsets[start : start + _CHUNK], Faults()
    heads, rows = gather(data, nf.FLOW_HEADER, part), slice(start, start + len(part))
    flows.exporter[rows] = heads["exporter"]
    whole: dict[int, Bodies] = {}
    for found in find_elements(data, part, heads["size"], faults):
        flows.seen[found.records + start] |= _SEEN.get(found.element, 0)
        if found.element in flows.aside:
            flows.aside[found.element].append((found.records + start, found.bodies))
        else:
            _lay(found, whole, len(part))
    for element, bodies in whole.items():
        for field, name, _ in _FIELDS[element]:
            flows.numbers[name][rows] = bodies[field]
    return faults


def _lay(found: Found, whole: dict[int, Bodies], count: int) -> None:
    """Lay bodies into their element's array of the chunk, as plain bytes, which copy fastest."""
    kind = nf.ELEMENTS[found.element]
    if found.element not in whole and len(found.records) == count:
        whole[found.element] = found.bodies
        return
    if found.element not in whole:
        whole[found.element] = np.zeros(count, kind)
    elif not whole[found.element].flags.owndata:
        whole[found.element] = whole[found.element].copy()
    plain = f"V{kind.itemsize}"
    whole[found.element].view(plain)[found.records] = found.bodies.view(plain)


def _check(flows: Flows, faults: Faults) -> None:
    """What no flow can be: without counters or addresses, after the year 9999, or past 63 bits."""
    _fault(faults, (flows.seen & _HAS_GENERIC) == 0, "no element 1: times, ports and counters are missing")
    _fault(faults, (flows.seen & _HAS_ADDRESS) == 0, "no element 2 or 3: addresses are missing")
    first = flows.numbers["first"]
    _fault(faults, (first < 0) | (first > _LAST_MS), "first seen after the year 9999")
    for name in ("packets", "bytes", "flows"):
        _fault(faults, flows.numbers[name] < 0, f"{name}: 2^63 or more")


def _fault(faults: Faults, bad: npt.NDArray[np.bool_], reason: str) -> None:
    rows = np.flatnonzero(bad)
    faults.add(rows, [reason] * len(rows))
