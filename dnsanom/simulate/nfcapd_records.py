"""Flows to nfcapd's flow records: those with the same elements are made at once, then put in order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow.address import packed, swapped
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.simulate.nfcapd_exporters import NETFLOW, Senders

Rows = npt.NDArray[np.int64]
#: What a record may have beside times and counters: wide addresses, a count of flows, the router's address.
_WIDE, _COUNTED, _ROUTER_V4, _ROUTER_V6 = 1, 2, 4, 8


@dataclass(frozen=True)
class Encoded:
    """Flow records end to end, and where each begins; one more offset tells where the last one ends."""

    data: npt.NDArray[np.uint8]
    offsets: Rows


@dataclass(frozen=True)
class _Ends:
    """Addresses of one side as nfcapd's 16 bytes; IPv4 takes the first four."""

    ip: npt.NDArray[np.void]
    wide: npt.NDArray[np.bool_]


def encode_flows(flows: pa.Table, who: Senders) -> Encoded:
    """Records of all flows in their order. Raises ValueError when a flow's ends are not of one IP version."""
    src, dst = _ends(flows, "src_ip"), _ends(flows, "dst_ip")
    for row in np.flatnonzero(src.wide != dst.wide)[:1]:
        raise ValueError(f"flow {row}: source and destination must be of one IP version")
    layouts = _layouts(flows, src.wide, who)
    offsets = np.zeros(len(flows) + 1, np.int64)
    sizes = np.array([_record(layout).itemsize for layout in range(16)])
    np.cumsum(sizes[layouts], out=offsets[1:])
    data = np.zeros(int(offsets[-1]), np.uint8)
    for layout in np.unique(layouts).tolist():
        rows = np.flatnonzero(layouts == layout)
        records = np.zeros(len(rows), _record(layout))
        _fill_heads(records, layout)
        _fill(records, rows, flows, who)
        _fill_addresses(records, rows, src, dst)
        _fill_routers(records, rows, who)
        _put(data, offsets[rows], records)
    return Encoded(data, offsets)


def _ends(flows: pa.Table, name: str) -> _Ends:
    column = flows[name].combine_chunks().cast(pa.string()).dictionary_encode()
    networks = [_packed(text, name) for text in column.dictionary.to_pylist()]
    wide = np.array([len(n) == 16 for n in networks], bool)
    codes = np.asarray(column.indices)
    return _Ends(np.frombuffer(b"".join(map(_halves, networks)), "V16")[codes], wide[codes])


def _halves(network: bytes) -> bytes:
    """Network order to nfcapd's 16 bytes: two halves of IPv6, or IPv4 in the first four."""
    return swapped(np.frombuffer(network, "V16")) if len(network) == 16 else network[::-1].ljust(16, b"\0")


def _packed(text: str, name: str) -> bytes:
    network = packed(text)
    if network is None:
        raise ValueError(f"{name} {text!r}: must be an IP address")
    return network


def _layouts(flows: pa.Table, wide: npt.NDArray[np.bool_], who: Senders) -> npt.NDArray[np.uint8]:
    """What each flow's record has beside times and counters, as bits."""
    router = [_router(address) for address in (None, *who.addresses)]
    layouts: npt.NDArray[np.uint8] = np.array(router, np.uint8)[who.each]
    layouts |= wide.astype(np.uint8) * np.uint8(_WIDE)
    layouts |= (numbers(flows, "flows") > 1).astype(np.uint8) * np.uint8(_COUNTED)
    return layouts


def _router(address: bytes | None) -> int:
    if address is None:
        return 0
    return _ROUTER_V6 if len(address) == 16 else _ROUTER_V4


def _record(layout: int) -> np.dtype[np.void]:
    """The structure of a record: header, then each element's header `h…` and body `b…`."""
    fields: list[tuple[str, np.dtype[np.void]]] = [("head", nf.FLOW_HEADER)]
    for element in _elements(layout):
        fields += [(f"h{element}", nf.ELEMENT_HEADER), (f"b{element}", nf.ELEMENTS[element])]
    return np.dtype(fields)


def _elements(layout: int) -> list[int]:
    chosen = [nf.GENERIC, nf.IPV6 if layout & _WIDE else nf.IPV4]
    optional = ((_COUNTED, nf.COUNTERS), (_ROUTER_V4, nf.RECEIVED_V4), (_ROUTER_V6, nf.RECEIVED_V6))
    return chosen + [element for bit, element in optional if layout & bit]


def _fill_heads(records: npt.NDArray[np.void], layout: int) -> None:
    head, elements = records["head"], _elements(layout)
    head["type"], head["size"], head["elements"] = nf.FLOW_RECORD, records.dtype.itemsize, len(elements)
    head["netflow"] = NETFLOW
    for element in elements:
        records[f"h{element}"]["id"] = element
        records[f"h{element}"]["length"] = nf.ELEMENT_HEADER.itemsize + nf.ELEMENTS[element].itemsize


def _fill(records: npt.NDArray[np.void], rows: Rows, flows: pa.Table, who: Senders) -> None:
    """Times, counters, ports, and the exporter."""
    generic, first = records[f"b{nf.GENERIC}"], milliseconds(flows)[rows]
    last = first + np.rint(numbers(flows, "duration")[rows] * 1000).astype(np.int64)
    generic["first"], generic["last"], generic["received"] = first, last, last
    for name in ("packets", "bytes", "src_port", "dst_port", "protocol", "tcp_flags", "tos"):
        generic[name] = numbers(flows, name)[rows]
    if f"b{nf.COUNTERS}" in (records.dtype.names or ()):
        records[f"b{nf.COUNTERS}"]["flows"] = numbers(flows, "flows")[rows]
    records["head"]["exporter"] = who.each[rows]
    sampled = np.array([0, *(nf.SAMPLED if rate else 0 for rate in who.rates)], np.uint8)
    records["head"]["flags"] = sampled[who.each[rows]]


def _fill_addresses(records: npt.NDArray[np.void], rows: Rows, src: _Ends, dst: _Ends) -> None:
    wide = f"b{nf.IPV6}" in (records.dtype.names or ())
    for name, ends in (("src", src), ("dst", dst)):
        ip = ends.ip[rows]
        if wide:
            records[f"b{nf.IPV6}"][name] = ip
        else:
            records[f"b{nf.IPV4}"][name] = ip.view("<u4")[::4]


def _fill_routers(records: npt.NDArray[np.void], rows: Rows, who: Senders) -> None:
    routers = np.frombuffer(b"".join([bytes(16), *(_halves(a or b"") for a in who.addresses)]), "V16")
    ip = routers[who.each[rows]]
    if f"b{nf.RECEIVED_V4}" in (records.dtype.names or ()):
        records[f"b{nf.RECEIVED_V4}"]["ip"] = ip.view("<u4")[::4]
    if f"b{nf.RECEIVED_V6}" in (records.dtype.names or ()):
        records[f"b{nf.RECEIVED_V6}"]["ip"] = ip


def milliseconds(flows: pa.Table) -> Rows:
    """When each flow began, in ms since 1970."""
    stamps = flows["first_seen"].combine_chunks().cast(pa.timestamp("ms", "UTC"))
    return np.asarray(stamps.cast(pa.int64()))


def numbers(flows: pa.Table, name: str) -> npt.NDArray[Any]:
    """A column as numbers, null as 0."""
    return np.asarray(flows[name].combine_chunks().fill_null(0))


def _put(data: npt.NDArray[np.uint8], offsets: Rows, records: npt.NDArray[np.void]) -> None:
    """Copy each record to its offset."""
    size = records.dtype.itemsize
    places = np.ndarray((len(data) - size + 1,), f"V{size}", data, strides=(1,))
    places[offsets] = records.view(f"V{size}")
