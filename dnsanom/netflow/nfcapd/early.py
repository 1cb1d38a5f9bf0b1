"""Which records may be DNS, told from ports and protocol of each before anything else is read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dnsanom.netflow.keep import PORTS, Mask, may_be_dns
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1
from dnsanom.netflow.nfcapd.elements import gather
from dnsanom.netflow.nfcapd.records import Records
from dnsanom.netflow.nfcapd.walk import Offsets
from dnsanom.netflow.parallel import side_by_side

#: Records that are looked at in one go.
_CHUNK = 1 << 15
#: Where a flow record of layout 2 has its first element, and what it begins with if that has times and ports.
_FIRST = nf.FLOW_HEADER.itemsize
_GENERIC_SIZE = nf.ELEMENT_HEADER.itemsize + nf.ELEMENTS[nf.GENERIC].itemsize
_GENERIC = nf.GENERIC | _GENERIC_SIZE << 16


@dataclass(frozen=True)
class _Peek:
    """Ports and protocol as they stand together in a record, from byte `at` of it on."""

    at: int
    kind: np.dtype[np.void]
    least: int


def _peek(structure: np.dtype[np.void], start: int) -> _Peek:
    """For a structure that begins at byte `start` of a record."""
    known = dict(structure.fields or {})
    first = min(known[name][1] for name in PORTS)
    formats, places = [known[name][0] for name in PORTS], [known[name][1] - first for name in PORTS]
    kind = np.dtype({"names": list(PORTS), "formats": formats, "offsets": places})
    return _Peek(start + first, kind, start + structure.itemsize)


_V3 = _peek(nf.ELEMENTS[nf.GENERIC], _FIRST + nf.ELEMENT_HEADER.itemsize)
_OLD = _peek(nf1.COMMON, 0)


def candidates(records: Records, ports: Sequence[int]) -> Mask:
    """Records of UDP or TCP flows with a DNS port or without ports, and those that can't be told so early."""
    parts = [slice(at, at + _CHUNK) for at in range(0, len(records.offsets), _CHUNK)]
    found = side_by_side(lambda part: _chunk(records.part(part), ports), parts, len(parts) > 1)
    return np.concatenate([np.zeros(0, bool), *found])


def _chunk(records: Records, ports: Sequence[int]) -> Mask:
    maybe = np.ones(len(records.offsets), bool)
    v3 = records.kinds == nf.FLOW_RECORD
    old = (records.kinds == nf.COMMON_RECORD) | (records.kinds == nf.COMMON_V0_RECORD)
    v3 &= records.sizes >= _V3.least
    starts = records.offsets[v3]
    v3[v3] = gather(records.data, np.dtype("<u4"), starts + _FIRST) == _GENERIC
    old &= records.sizes >= _OLD.least
    for mine, peek in ((v3, _V3), (old, _OLD)):
        if mine.any():
            maybe[mine] = _look(records.data, records.offsets[mine], peek, ports)
    return maybe


def _look(data: memoryview, offsets: Offsets, peek: _Peek, ports: Sequence[int]) -> Mask:
    heads = gather(data, peek.kind, offsets + peek.at)
    return may_be_dns({name: np.ascontiguousarray(heads[name]) for name in PORTS}, ports)
