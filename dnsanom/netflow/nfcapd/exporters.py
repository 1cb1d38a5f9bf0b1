"""Which router sent a flow, and at which sampling rate: from the records between the flows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

import numpy as np
import numpy.typing as npt

from dnsanom.errors import DecodeError
from dnsanom.netflow.address import swapped, v4_text, v6_text
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.records import Records
from dnsanom.netflow.nfcapd.samplers import Rates, Samplers
from dnsanom.netflow.nfcapd.walk import Offsets

Selectors = npt.NDArray[np.int64]
#: Bounds of the sampling_rate column.
_MOST = 10_000_000


@dataclass
class Exporters:
    """What the file says of its exporters, each under the number that flow records name it by."""

    address: dict[int, str] = field(default_factory=dict)
    samplers: dict[int, Samplers] = field(default_factory=dict)

    def sampling(self, exporter: npt.NDArray[np.uint16], selector: Selectors, at: Offsets) -> Rates:
        """The 1:N that held for each flow, by its exporter, the sampler that it names (0 for none), and where
        its record begins; 0 is unknown."""
        rate = np.zeros(len(at), np.int32)
        for rows in _alike(exporter, selector) if self.samplers else ():
            samplers = self.samplers.get(int(exporter[rows][0]))
            if samplers:
                rate[rows] = samplers.rate(int(selector[rows][0]), at[rows])
        return rate


def _alike(
    exporter: npt.NDArray[np.uint16], selector: Selectors
) -> list[slice] | list[npt.NDArray[np.int64]]:
    """Rows of one exporter and sampler each, in the file's order."""
    named = bool(selector.any())
    if not named and (exporter == exporter[:1]).all():
        return [slice(None)] if len(exporter) else []
    order = np.lexsort((selector, exporter)) if named else np.argsort(exporter, kind="stable")
    e, s = exporter[order], selector[order]
    return np.split(order, np.flatnonzero((e[1:] != e[:-1]) | (s[1:] != s[:-1])) + 1)


def read_exporters(records: Records, key: str) -> Exporters:
    """Exporters and their samplers from the records of those kinds. Raises DecodeError for a wrong size."""
    found = Exporters()
    for place in records.offsets[records.kinds == nf.EXPORTER_RECORD].tolist():
        info = _structure(records.data, place, nf.EXPORTER, f"{key}: exporter record at byte {place:,}")
        found.address[int(info["sysid"])] = _address(info)
    for place, sysid, sampler, rate in _samplers(records, key):
        found.samplers.setdefault(sysid, Samplers()).tell(place, sampler, rate)
    return found


def _structure(data: memoryview, place: int, kind: np.dtype[np.void], where: str) -> np.void:
    size = int.from_bytes(data[place + 2 : place + 4], "little")
    if size != kind.itemsize:
        raise DecodeError(f"{where}: size {size:,} must be {kind.itemsize}")
    record: np.void = np.frombuffer(data, kind, 1, place)[0]
    return record


def _address(info: np.void) -> str:
    """The exporter's address. Systems agree on the number of no address family but that of IPv4."""
    ip = np.array([info["ip"]])
    if info["family"] == nf.AF_INET:
        return str(v4_text(ip.view("<u4")[2:3])[0])
    if info["family"]:
        return str(v6_text(ip)[0])
    address = ip_address(bytes(info["ip"]))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _samplers(records: Records, key: str) -> Iterator[tuple[int, int, int, int | None]]:
    """Place, exporter, sampler's id and its 1:N, in file order."""
    kinds, data = records.kinds, records.data
    chosen = (kinds == nf.SAMPLER_RECORD) | (kinds == nf.LEGACY_SAMPLER_RECORD)
    for place in records.offsets[chosen].tolist():
        where = f"{key}: sampler record at byte {place:,}"
        if int.from_bytes(data[place + 2 : place + 4], "little") == nf.LEGACY_SAMPLER_INFO.itemsize:
            old = _structure(data, place, nf.LEGACY_SAMPLER_INFO, where)
            yield place, int(old["sysid"]), int(old["id"]), _rate(1, int(old["interval"]) - 1)
        else:
            new = _structure(data, place, nf.SAMPLER_INFO, where)
            yield place, int(new["sysid"]), int(new["id"]), _rate(int(new["taken"]), int(new["passed"]))


def _rate(taken: int, passed: int) -> int | None:
    """1:N of a sampler that takes some packets and passes over others; None when that is no whole number."""
    whole = taken > 0 and passed >= 0 and (taken + passed) % taken == 0
    rate = (taken + passed) // taken if whole else 0
    return rate if 0 < rate <= _MOST else None


def write_address(network: bytes) -> tuple[int, bytes]:
    """Family and the 16 bytes of an exporter record's address, from network order."""
    if len(network) == 16:
        return nf.AF_INET6, swapped(np.frombuffer(network, "V16"))
    return nf.AF_INET, bytes(8) + network[::-1] + bytes(4)
