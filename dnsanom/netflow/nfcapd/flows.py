"""Flow records to columns of numbers, and the records that are no possible flow to faults."""

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.elements import Faults, Found, find_elements, gather
from dnsanom.netflow.nfcapd.walk import Offsets

#: Records looked at in one go: what they need fits into the processor's cache.
_CHUNK = 1 << 15
_GENERIC = ("first", "last", "packets", "bytes", "src_port", "dst_port", "protocol", "tcp_flags", "tos")
#: The last millisecond of the year 9999, which no calendar goes past.
_LAST_MS = 253_402_300_799_999
_MOST = 2**63 - 1


class Flows:
    """Numbers of all flows of a file, one array a field; IPv6 addresses stand aside with their rows."""

    def __init__(self, count: int) -> None:
        generic, v4 = nf.ELEMENTS[nf.GENERIC], nf.ELEMENTS[nf.IPV4]
        self.numbers = {name: np.zeros(count, generic[name]) for name in _GENERIC}
        self.numbers |= {name: np.zeros(count, v4[name]) for name in v4.names or ()}
        self.numbers["flows"] = np.ones(count, np.uint64)
        self.numbers["router"] = np.zeros(count, np.uint32)
        self.numbers["interval"] = np.zeros(count, np.uint32)
        self.numbers["exporter"] = np.zeros(count, np.uint16)
        self.seen = np.zeros(count, np.uint8)
        self.wide: dict[int, list[tuple[Offsets, npt.NDArray[np.void]]]] = {nf.IPV6: [], nf.RECEIVED_V6: []}

    def put(self, found: Found, rows: Offsets) -> None:
        """Write an element's fields into the rows that it was found in."""
        where = slice(rows[0], rows[-1] + 1) if len(rows) == rows[-1] + 1 - rows[0] else rows
        if found.element in self.wide:
            self.wide[found.element].append((rows, found.bodies))
        for name, column in _TARGETS[found.element]:
            self.numbers[column][where] = found.bodies[name]
        self.seen[where] |= _SEEN.get(found.element, 0)

    def of_v6(self, element: int) -> tuple[Offsets, npt.NDArray[np.void]]:
        """Rows with the IPv6 element, and its bodies."""
        rows, bodies = zip(*self.wide[element], strict=True) if self.wide[element] else ((), ())
        kind = nf.ELEMENTS[element]
        return np.concatenate([np.zeros(0, np.int64), *rows]), np.concatenate([np.zeros(0, kind), *bodies])


#: Element → fields and the columns that they go to.
_TARGETS: dict[int, list[tuple[str, str]]] = {
    nf.GENERIC: [(name, name) for name in _GENERIC],
    nf.IPV4: [("src", "src"), ("dst", "dst")],
    nf.COUNTERS: [("flows", "flows")],
    nf.RECEIVED_V4: [("ip", "router")],
    nf.SAMPLER: [("interval", "interval")],
    nf.IPV6: [],
    nf.RECEIVED_V6: [],
}
_HAS_GENERIC, _HAS_ADDRESS, HAS_V6 = 1, 2, 4
_SEEN = {nf.GENERIC: _HAS_GENERIC, nf.IPV4: _HAS_ADDRESS, nf.IPV6: _HAS_ADDRESS | HAS_V6}


def read_flows(data: memoryview, offsets: Offsets, faults: Faults) -> Flows:
    """The flow records at `offsets`, row by row; what is wrong with a row goes to `faults`."""
    flows = Flows(len(offsets))
    for start in range(0, len(offsets), _CHUNK):
        part, local = offsets[start : start + _CHUNK], Faults()
        flows.numbers["exporter"][start : start + _CHUNK] = gather(data, nf.FLOW_HEADER, part)["exporter"]
        for found in find_elements(data, part, local):
            flows.put(found, found.records + start)
        faults.reasons |= {record + start: reason for record, reason in local.reasons.items()}
    _check(flows, faults)
    return flows


def _check(flows: Flows, faults: Faults) -> None:
    """What no flow can be: without counters or addresses, after the year 9999, or past 63 bits."""
    numbers = flows.numbers
    _fault(faults, (flows.seen & _HAS_GENERIC) == 0, "no element 1: times, ports and counters are missing")
    _fault(faults, (flows.seen & _HAS_ADDRESS) == 0, "no element 2 or 3: addresses are missing")
    _fault(faults, numbers["first"] > _LAST_MS, "first seen after the year 9999")
    for name in ("packets", "bytes", "flows"):
        _fault(faults, numbers[name] > _MOST, f"{name}: more than {_MOST}")
    numbers["flows"] = np.maximum(numbers["flows"], 1)


def _fault(faults: Faults, bad: npt.NDArray[np.bool_], reason: str) -> None:
    rows = np.flatnonzero(bad)
    faults.add(rows, [reason] * len(rows))
