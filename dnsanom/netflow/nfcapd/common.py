"""Common records of nfdump 1.6 to arrays of numbers: those that are laid out alike are read at once."""

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1
from dnsanom.netflow.nfcapd.elements import gather
from dnsanom.netflow.nfcapd.faults import Faults
from dnsanom.netflow.nfcapd.flows import ADDRESSES, GENERIC, Bodies, Flows, Rows, span
from dnsanom.netflow.nfcapd.maps import Maps
from dnsanom.netflow.nfcapd.records import Records

#: What tells a record's layout, from its fourth byte on.
_HEAD, _HEAD_AT = np.dtype([("flags", "u1"), ("old_exporter", "u1"), ("map", "<u2")]), 4
_ICMP = (1, 58)
_SAME = ("src_port", "dst_port", "protocol", "tcp_flags", "tos")
#: A layout's number: three bits of flags, one for the older kind of record, then the map's.
_OLD, _MAP = 8, 4
_EXTENSIONS: dict[int, tuple[str, object]] = {
    nf1.AGGREGATED_4: ("flows", "<u4"),
    nf1.AGGREGATED_8: ("flows", "<u8"),
    nf1.ROUTER_V4: ("router", "<u4"),
    nf1.ROUTER_V6: ("router_v6", nf.ELEMENTS[nf.RECEIVED_V6]),
    nf1.EVENT: ("event", np.dtype({"names": ["icmp"], "formats": ["<u2"], "offsets": [nf1.EVENT_ICMP_AT]})),
}


def read_common(records: Records, rows: Rows, maps: Maps, flows: Flows, faults: Faults) -> None:
    """Read the common records into the `rows` of the flows."""
    whole = records.sizes >= nf1.COMMON.itemsize
    _fault_short(rows[~whole], "fixed part", nf1.COMMON.itemsize, faults)
    if not whole.all():
        records, rows = records.part(whole), rows[whole]
    numbers = _numbers(records, rows, maps, faults)
    for number in np.unique(numbers[numbers >= 0]).tolist():
        mine, kind = np.flatnonzero(numbers == number), _structure(number, maps)
        fault, fits = maps.layouts[number >> _MAP].fault, records.sizes[mine] >= kind.itemsize
        if fault:
            faults.add_all(rows[mine], fault)
            continue
        _fault_short(rows[mine[~fits]], "layout", kind.itemsize, faults)
        mine = mine[fits]
        _lay(gather(records.data, kind, records.offsets[mine]), rows[mine], flows)


def _fault_short(rows: Rows, part: str, size: int, faults: Faults) -> None:
    faults.add_all(rows, f"common record: its {part} takes {size} bytes, it has fewer")


def _numbers(records: Records, rows: Rows, maps: Maps, faults: Faults) -> npt.NDArray[np.int64]:
    """The number of each record's layout, -1 for one whose map is not there."""
    heads = gather(records.data, _HEAD, records.offsets + _HEAD_AT)
    known = maps.of(heads["map"], records.offsets)
    for ident in np.unique(heads["map"][known < 0]).tolist():
        lost = (known < 0) & (heads["map"] == ident)
        faults.add_all(rows[lost], f"extension map {ident}: no such map stands before the record")
    old = (records.kinds == nf.COMMON_V0_RECORD) * np.int64(_OLD)
    numbers: npt.NDArray[np.int64] = known << _MAP | old | heads["flags"] & nf1.LAYOUT_FLAGS
    return np.where(known < 0, -1, numbers)


def _structure(number: int, maps: Maps) -> np.dtype[np.void]:
    """A record of this layout, as far as its fields are of concern."""
    old, at = number & _OLD, nf1.ADDRESSES_AT[nf.COMMON_V0_RECORD if number & _OLD else nf.COMMON_RECORD]
    addresses = nf.ELEMENTS[nf.IPV6 if number & nf1.IPV6 else nf.IPV4]
    fields: dict[str, tuple[object, int]] = {"fixed": (nf1.COMMON, 0), "addresses": (addresses, at)}
    fields["exporter"] = ("u1", 5) if old else ("<u2", nf1.COMMON.itemsize)
    at += addresses.itemsize
    for name, wide in (("packets", nf1.WIDE_PACKETS), ("bytes", nf1.WIDE_BYTES)):
        fields[name] = ("<u8" if number & wide else "<u4", at)
        at += 8 if number & wide else 4
    extensions = maps.layouts[number >> _MAP]
    for extension, place in extensions.places:
        name, kind = _EXTENSIONS[extension]
        fields[name] = (kind, at + place)
    formats, places = zip(*fields.values(), strict=True)
    size = at + extensions.size
    return np.dtype({"names": list(fields), "formats": formats, "offsets": places, "itemsize": size})


def _lay(records: Bodies, rows: Rows, flows: Flows) -> None:
    """Numbers of records of one layout."""
    fixed, numbers, into = records["fixed"], flows.numbers, span(rows)
    for name in ("first", "last"):
        numbers[name][into] = fixed[name] * np.int64(1000) + fixed[f"{name}_ms"]
    for name in _SAME:
        numbers[name][into] = fixed[name]
    flows.exporter[into] = records["exporter"]
    flows.seen[into] = GENERIC | ADDRESSES
    names = records.dtype.names or ()
    for name in ("packets", "bytes", "flows", "router"):
        if name in names:
            numbers[name][into] = records[name]
    if records["addresses"].dtype == nf.ELEMENTS[nf.IPV6]:
        flows.aside[nf.IPV6].append((rows, records["addresses"]))
    else:
        numbers["src"][into], numbers["dst"][into] = records["addresses"]["src"], records["addresses"]["dst"]
    if "event" in names:
        icmp = np.isin(fixed["protocol"], _ICMP)
        numbers["dst_port"][rows[icmp]] = records["event"]["icmp"][icmp]
    if "router_v6" in names:
        flows.aside[nf.RECEIVED_V6].append((rows, records["router_v6"]))
