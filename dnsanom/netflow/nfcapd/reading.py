"""Records to flows, some thousands at a time, side by side."""

import numpy as np

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.common import read_common
from dnsanom.netflow.nfcapd.faults import Faults
from dnsanom.netflow.nfcapd.flows import Flows
from dnsanom.netflow.nfcapd.maps import Maps
from dnsanom.netflow.nfcapd.records import UNKNOWN_BLOCK, Records
from dnsanom.netflow.nfcapd.v3 import read_v3
from dnsanom.netflow.parallel import side_by_side

#: Records that are read in one go, few enough to stay in the processor's cache.
_CHUNK = 1 << 15


def read_flows(records: Records, maps: Maps, faults: Faults) -> Flows:
    """The flows of the records, a row each; those that can't be read go to `faults`."""
    flows, starts = Flows(len(records.offsets)), range(0, len(records.offsets), _CHUNK)
    results = side_by_side(lambda start: _chunk(records, start, maps, flows), starts, len(starts) > 1)
    for local in results:
        faults.reasons.update(local.reasons)
    return flows


def _chunk(records: Records, start: int, maps: Maps, flows: Flows) -> Faults:
    """Read the records from `start` on into their rows."""
    part, faults = records.part(slice(start, start + _CHUNK)), Faults()
    rows = np.arange(start, start + len(part.offsets))
    v3 = part.kinds == nf.FLOW_RECORD
    if v3.all():
        read_v3(part, rows, flows, faults)
        return faults
    old = (part.kinds == nf.COMMON_RECORD) | (part.kinds == nf.COMMON_V0_RECORD)
    if v3.any():
        read_v3(part.part(v3), rows[v3], flows, faults)
    if old.any():
        read_common(part.part(old), rows[old], maps, flows, faults)
    for row, kind in zip(rows[~v3 & ~old].tolist(), part.kinds[~v3 & ~old].tolist(), strict=True):
        faults.add(row, _foreign(kind))
    return faults


def _foreign(kind: int) -> str:
    if kind & UNKNOWN_BLOCK:
        return f"block of type {kind & 0xFFFF}: only {nf.OLD_RECORD_BLOCK} and {nf.RECORD_BLOCK} can be read"
    return f"record type {kind}: only {nf.FLOW_RECORD}, 10 and 1, flows, can be read"
