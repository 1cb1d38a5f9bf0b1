"""Numbers of nfcapd flows to columns of the flow table."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow.address import Codes, dictionary, encode_v4, encode_v6
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.exporters import Exporters
from dnsanom.netflow.nfcapd.flows import HAS_V6, Flows
from dnsanom.netflow.nfcapd.walk import Offsets

_SAME_NAME = ("protocol", "src_port", "dst_port", "tcp_flags", "tos", "packets", "bytes", "flows")
_UNSET = ("0.0.0.0", "::")


def to_columns(flows: Flows, exporters: Exporters, offsets: Offsets) -> dict[str, pa.Array]:
    """Columns of all rows; a row with a fault has them too, with no meaning."""
    numbers = flows.numbers
    made = {name: pa.array(numbers[name].view(_signed(numbers[name]))) for name in _SAME_NAME}
    made["first_seen"] = pa.array(numbers["first"].view(np.int64))
    made["duration"] = pa.array((numbers["last"] - numbers["first"]).view(np.int64) / 1000)
    made["src_ip"], made["dst_ip"] = _addresses(flows)
    made["exporter"] = _exporter(flows, exporters)
    rate = exporters.sampling(numbers["exporter"], offsets)
    rate = np.where(numbers["interval"] > 0, numbers["interval"].astype(np.int32), rate)
    made["sampling_rate"] = pa.array(rate, mask=rate <= 0)
    made["row"] = pa.array(np.arange(len(offsets)))
    return made


def _signed(column: npt.NDArray[np.generic]) -> npt.DTypeLike:
    """Counters of 64 bits as signed numbers, which a fault has kept in bounds; the rest as it is."""
    return np.int64 if column.dtype == np.uint64 else column.dtype


def _addresses(flows: Flows) -> tuple[pa.Array, pa.Array]:
    """Source and destination over one dictionary: the IPv4 addresses, then the IPv6 ones."""
    count = len(flows.seen)
    both, texts = encode_v4(np.concatenate([flows.numbers["src"], flows.numbers["dst"]]))
    src, dst = both[:count], both[count:]
    if (flows.seen & HAS_V6).any():
        rows, bodies = flows.of_v6(nf.IPV6)
        wide, wide_texts = encode_v6(np.concatenate([bodies["src"], bodies["dst"]]))
        src, dst = src.copy(), dst.copy()
        src[rows], dst[rows] = wide[: len(rows)] + len(texts), wide[len(rows) :] + len(texts)
        texts = pa.concat_arrays([texts, wide_texts])
    return dictionary(src, texts), dictionary(dst, texts)


def _exporter(flows: Flows, exporters: Exporters) -> pa.Array:
    """The router that a record was received from, else the exporter that its number stands for, else null."""
    named = {sysid: ip for sysid, ip in exporters.address.items() if ip not in _UNSET}
    codes: Codes = np.full(len(flows.seen), -1, np.int32)
    for code, sysid in enumerate(named):
        codes[flows.numbers["exporter"] == sysid] = code
    texts = pa.array(list(named.values()), pa.string())
    narrow = np.flatnonzero(flows.numbers["router"])
    received, more = encode_v4(flows.numbers["router"][narrow])
    codes[narrow], texts = received + len(texts), pa.concat_arrays([texts, more])
    rows, bodies = flows.of_v6(nf.RECEIVED_V6)
    wide, more = encode_v6(bodies["ip"])
    codes[rows], texts = wide + len(texts), pa.concat_arrays([texts, more])
    return dictionary(codes, texts)
