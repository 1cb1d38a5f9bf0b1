"""Flow records of layout 2 to arrays of numbers."""

import numpy as np

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.elements import Found, find_elements, gather
from dnsanom.netflow.nfcapd.faults import Faults
from dnsanom.netflow.nfcapd.flows import ADDRESSES, GENERIC, Bodies, Flows, Rows, span
from dnsanom.netflow.nfcapd.records import Records

_EXPORTER = 8
_SAME = ("first", "last", "packets", "bytes", "src_port", "dst_port", "protocol", "tcp_flags", "tos")
#: Element → its fields, and the array that each goes to.
_FIELDS: dict[int, tuple[tuple[str, str], ...]] = {
    nf.GENERIC: tuple((name, name) for name in _SAME),
    nf.IPV4: (("src", "src"), ("dst", "dst")),
    nf.COUNTERS: (("flows", "flows"),),
    nf.RECEIVED_V4: (("ip", "router"),),
    nf.SAMPLER: (("selector", "selector"),),
}
_SEEN = {nf.GENERIC: GENERIC, nf.IPV4: ADDRESSES, nf.IPV6: ADDRESSES}


def read_v3(records: Records, rows: Rows, flows: Flows, faults: Faults) -> None:
    """Read the flow records into the `rows` of the flows."""
    local, whole, seen = Faults(), dict[int, Bodies](), np.zeros(len(rows), np.uint8)
    for found in find_elements(records.data, records.offsets, records.sizes, local):
        seen[found.records] |= _SEEN.get(found.element, 0)
        if found.element in flows.aside:
            flows.aside[found.element].append((rows[found.records], found.bodies))
        else:
            _lay(found, whole, len(rows))
    into = span(rows)
    flows.seen[into] = seen
    flows.exporter[into] = gather(records.data, np.dtype("<u2"), records.offsets + _EXPORTER)
    for element, bodies in whole.items():
        for field, name in _FIELDS[element]:
            flows.numbers[name][into] = bodies[field]
    for record, reason in local.reasons.items():
        faults.add(int(rows[record]), reason)


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
