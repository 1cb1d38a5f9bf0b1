"""Which router sent a flow, and at which sampling rate: from the records between the flows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dnsanom.errors import DecodeError
from dnsanom.netflow.address import swapped, v4_text, v6_text
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.blocks import Records
from dnsanom.netflow.nfcapd.walk import Offsets

#: Bounds of the sampling_rate column.
_MOST = 10_000_000


@dataclass
class Exporters:
    """What the file says of its exporters, each under the number that flow records name it by."""

    address: dict[int, str] = field(default_factory=dict)
    #: Exporter → (from which byte on, 1:N or None), in file order.
    rates: dict[int, list[tuple[int, int | None]]] = field(default_factory=dict)

    def sampling(self, exporter: npt.NDArray[np.uint16], at: Offsets) -> npt.NDArray[np.int32]:
        """The 1:N that held for each flow, by its exporter and where its record begins; 0 is unknown."""
        rate = np.zeros(len(at), np.int32)
        for sysid, changes in self.rates.items():
            mine = np.flatnonzero(exporter == sysid)
            known = np.array([0] + [value or 0 for _, value in changes], np.int32)
            places = [place for place, _ in changes]
            settled = len(mine) > 0 and places[-1] < at[mine[0]]
            rate[mine] = known[-1] if settled else known[np.searchsorted(places, at[mine])]
        return rate


def read_exporters(records: Records, key: str) -> Exporters:
    """Exporters and their samplers from the records of those kinds. Raises DecodeError for a wrong size."""
    found, samplers = Exporters(), dict[int, dict[int, int | None]]()
    for place in records.offsets[records.kinds == nf.EXPORTER_RECORD].tolist():
        info = _structure(records.data, place, nf.EXPORTER, f"{key}: exporter record at byte {place:,}")
        found.address[int(info["sysid"])] = _address(info)
    for place, sysid, sampler, rate in _samplers(records, key):
        mine = samplers.setdefault(sysid, {})
        mine[sampler] = rate
        found.rates.setdefault(sysid, []).append((place, _in_force(mine)))
    return found


def _structure(data: memoryview, place: int, kind: np.dtype[np.void], where: str) -> np.void:
    size = int.from_bytes(data[place + 2 : place + 4], "little")
    if size != kind.itemsize:
        raise DecodeError(f"{where}: size {size:,} must be {kind.itemsize}")
    record: np.void = np.frombuffer(data, kind, 1, place)[0]
    return record


def _address(info: np.void) -> str:
    ip = np.array([info["ip"]])
    text = v6_text(ip) if info["family"] == nf.AF_INET6 else v4_text(ip.view("<u4")[2:3])
    return str(text[0])


def _samplers(records: Records, key: str) -> Iterator[tuple[int, int, int, int | None]]:
    """Place, exporter, sampler's id and its 1:N, in file order."""
    chosen, data = np.isin(records.kinds, [nf.SAMPLER_RECORD, nf.LEGACY_SAMPLER_RECORD]), records.data
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


def _in_force(samplers: dict[int, int | None]) -> int | None:
    """The rate of an exporter's flows: an overruling sampler, the router's own, a general one, the default.

    nfcapd keeps no word of which of a router's own samplers a flow met: if they differ, the rate is unknown.
    """
    if nf.OVERRULING in samplers:
        return samplers[nf.OVERRULING]
    own = {rate for sampler, rate in samplers.items() if sampler >= 0}
    if own:
        return own.pop() if len(own) == 1 else None
    return samplers.get(nf.GENERAL, samplers.get(nf.DEFAULT))


def write_address(network: bytes) -> tuple[int, bytes]:
    """Family and the 16 bytes of an exporter record's address, from network order."""
    if len(network) == 16:
        return nf.AF_INET6, swapped(np.frombuffer(network, "V16"))
    return nf.AF_INET, bytes(8) + network[::-1] + bytes(4)
