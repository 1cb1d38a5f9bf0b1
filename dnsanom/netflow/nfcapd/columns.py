"""Numbers of nfcapd flows to columns of the flow table."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from dnsanom.netflow.address import Codes, dictionary, encode_v4, encode_v6
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.exporters import Exporters
from dnsanom.netflow.nfcapd.flows import ADDRESSES, GENERIC, Flows
from dnsanom.netflow.nfcapd.walk import Offsets
from dnsanom.netflow.parallel import side_by_side

_Encoded = tuple[list[Codes], pa.Array]
_Job = Callable[[], _Encoded]
_SAME_NAME = ("protocol", "src_port", "dst_port", "tcp_flags", "tos", "packets", "bytes")
_UNSET = ("0.0.0.0", "::")
#: IPv6 rows that are worth a thread of their own.
_MANY = 10_000


def to_columns(flows: Flows, exporters: Exporters, offsets: Offsets) -> dict[str, pa.Array]:
    """Columns of all flows, null where a record says nothing; with no meaning in a row that has a fault."""
    numbers, lacking = flows.numbers, flows.without(GENERIC)
    mask = lacking if lacking.any() else None
    made = {name: pa.array(numbers[name], mask=mask) for name in _SAME_NAME}
    made["first_seen"] = pa.array(numbers["first"], mask=mask)
    lasted = np.subtract(numbers["last"], numbers["first"], out=numbers["last"])
    # In the same memory: a file of millions of flows needs little more than its table.
    seconds = np.divide(lasted, 1000, out=lasted.view(np.float64))
    made["duration"] = pa.array(seconds, mask=mask)
    made["flows"] = pa.array(np.maximum(numbers["flows"], 1, out=numbers["flows"]))
    made["src_ip"], made["dst_ip"] = _addresses(flows)
    made["exporter"] = _exporter(flows, exporters)
    rate = exporters.sampling(flows.exporter, numbers["selector"], offsets)
    # nfcapd multiplies by the rate that it knows before it writes.
    made["sampling_rate"] = made["scaled_by"] = pa.array(rate, mask=rate <= 0)
    return made


def _addresses(flows: Flows) -> tuple[pa.Array, pa.Array]:
    """Source and destination over one dictionary: the IPv4 addresses, then the IPv6 ones."""
    rows, bodies = flows.of_v6(nf.IPV6)
    jobs: list[_Job] = [
        lambda: encode_v4(flows.numbers["src"], flows.numbers["dst"]),
        lambda: encode_v6(bodies["src"], bodies["dst"]),
    ]
    ((src, dst), texts), (wide, wide_texts) = side_by_side(_done, jobs, len(rows) > _MANY)
    src[rows], dst[rows] = (codes + len(texts) for codes in wide)
    texts = pa.concat_arrays([texts, wide_texts])
    lacking = np.flatnonzero(flows.without(ADDRESSES))
    src[lacking] = dst[lacking] = -1
    return dictionary(src, texts), dictionary(dst, texts)


def _done(job: _Job) -> _Encoded:
    return job()


def _exporter(flows: Flows, exporters: Exporters) -> pa.Array:
    """The router that a record was received from, else the exporter that its number stands for, else null."""
    named = {sysid: ip for sysid, ip in exporters.address.items() if ip not in _UNSET}
    known = np.full(1 << 16, -1, np.int32)
    known[list(named)] = np.arange(len(named))
    codes: Codes = known[flows.exporter]
    texts = pa.array(list(named.values()), pa.string())
    routers = flows.numbers["router"]
    if routers.any():
        (received,), more = encode_v4(routers)
        received += np.int32(len(texts))
        np.copyto(codes, received, where=routers != 0)
        texts = pa.concat_arrays([texts, more])
    rows, bodies = flows.of_v6(nf.RECEIVED_V6)
    (wide,), more = encode_v6(bodies["ip"])
    codes[rows], texts = wide + len(texts), pa.concat_arrays([texts, more])
    return dictionary(codes, texts)
