"""Exporter and sampler records of a simulated nfcapd file, one exporter for each router and sampling rate."""

from dataclasses import dataclass
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow.address import packed
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.exporters import write_address

NETFLOW = 9


@dataclass(frozen=True)
class Senders:
    """The exporters of a table of flows.

    `each` is every flow's exporter by number from 1, 0 without any; `addresses` (network order, None when not
    known) and `rates` (1:N, 0 when not known) stand in the order of those numbers.
    """

    each: npt.NDArray[np.uint16]
    addresses: list[bytes | None]
    rates: list[int]

    @property
    def names(self) -> list[str]:
        """Their addresses as text, 0.0.0.0 for one that is not known."""
        return [str(ip_address(address or bytes(4))) for address in self.addresses]


def senders(flows: pa.Table) -> Senders:
    """Exporters of the flows, numbered as they first appear."""
    names, rates = _column(flows, "exporter", pa.string()), _column(flows, "sampling_rate", pa.int32())
    named, rated = names.dictionary_encode(), np.asarray(rates.fill_null(0)).astype(np.int64)
    codes = np.asarray(named.indices.fill_null(-1)).astype(np.int64) + 1
    distinct, first, place = np.unique(codes << 32 | rated, return_index=True, return_inverse=True)
    texts = [None, *named.dictionary.to_pylist()]
    order = [i for i in np.argsort(first).tolist() if distinct[i]]
    number = np.zeros(len(distinct), np.uint16)
    number[order] = np.arange(1, len(order) + 1)
    addresses = [_network(texts[int(distinct[i] >> 32)]) for i in order]
    return Senders(number[place], addresses, [int(distinct[i] & 0xFFFFFFFF) for i in order])


def _column(flows: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in flows.column_names:
        return pa.nulls(len(flows), kind)
    return flows[name].cast(kind).combine_chunks()


def _network(text: str | None) -> bytes | None:
    return None if text is None else packed(text)


def exporter_records(who: Senders) -> list[bytes]:
    """An exporter record for each, with a sampler record for all its flows where its rate is known."""
    records = []
    for sysid, (address, rate) in enumerate(zip(who.addresses, who.rates, strict=True), start=1):
        info = np.zeros(1, nf.EXPORTER)
        family, ip = write_address(address or bytes(4))
        info["type"], info["size"], info["netflow"] = nf.EXPORTER_RECORD, info.nbytes, NETFLOW
        info["ip"], info["family"], info["sysid"], info["domain"] = ip, family, sysid, sysid
        records.append(info.tobytes())
        if rate:
            records.append(_sampler(sysid, rate))
    return records


def _sampler(sysid: int, rate: int) -> bytes:
    info = np.zeros(1, nf.SAMPLER_INFO)
    info["type"], info["size"], info["sysid"] = nf.SAMPLER_RECORD, info.nbytes, sysid
    info["id"], info["taken"], info["passed"] = nf.GENERAL, 1, rate - 1
    return info.tobytes()


def exporter_stats(who: Senders) -> list[bytes]:
    """The record of how many flows each exporter sent, 24 in each of its packets."""
    if not who.rates:
        return []
    stats = np.zeros(len(who.rates), nf.EXPORTER_STAT)
    stats["sysid"] = np.arange(1, len(stats) + 1)
    stats["flows"] = np.bincount(who.each, minlength=len(stats) + 1)[1:]
    stats["packets"] = (stats["flows"] + 23) // 24
    head = np.array([(nf.EXPORTER_STAT_RECORD, 8 + stats.nbytes)], nf.RECORD_HEADER)
    return [head.tobytes() + np.uint32(len(stats)).tobytes() + stats.tobytes()]
