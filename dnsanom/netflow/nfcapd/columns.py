"""Numbers of nfcapd flows to columns of the flow table."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from dnsanom.netflow.address import Codes, dictionary, encode_v4, encode_v6
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.exporters import Exporters
from dnsanom.netflow.nfcapd.flows import Flows
from dnsanom.netflow.nfcapd.walk import Offsets
from dnsanom.netflow.parallel import side_by_side

_Job = Callable[[], tuple[Codes, pa.Array]]
_SAME_NAME = ("protocol", "src_port", "dst_port", "tcp_flags", "tos", "packets", "bytes")
_UNSET = ("0.0.0.0", "::")
#: IPv6 rows that are worth a thread of their own.
_MANY = 10_000


def to_columns(flows: Flows, exporters: Exporters, offsets: Offsets) -> dict[str, pa.Array]:
    """Columns of all rows; a row with a fault has them too, with no meaning."""
    numbers = flows.numbers
    made = {name: pa.array(numbers[name]) for name in _SAME_NAME}
    made["first_seen"] = pa.array(numbers["first"])
    made["duration"] = pa.array((numbers["last"] - numbers["first"]) / 1000)
    made["flows"] = pa.array(np.maximum(numbers["flows"], 1, out=numbers["flows"]))
    made["src_ip"], made["dst_ip"] = _addresses(flows)
    made["exporter"] = _exporter(flows, exporters)
    # nfcapd multiplies by the rate that it knows before it writes.
    made["sampling_rate"] = made["scaled_by"] = _sampling(flows, exporters, offsets)
    made["row"] = pa.array(np.arange(len(offsets)))
    return made


def _addresses(flows: Flows) -> tuple[pa.Array, pa.Array]:
    """Source and destination over one dictionary: the IPv4 addresses, then the IPv6 ones."""
    count = len(flows.seen)
    rows, bodies = flows.of_v6(nf.IPV6)
    jobs: list[_Job] = [
        lambda: encode_v4(np.concatenate([flows.numbers["src"], flows.numbers["dst"]])),
        lambda: encode_v6(np.concatenate([bodies["src"], bodies["dst"]])),
    ]
    (both, texts), (wide, wide_texts) = side_by_side(_done, jobs, len(rows) > _MANY)
    src, dst = both[:count].copy(), both[count:].copy()
    src[rows], dst[rows] = wide[: len(rows)] + len(texts), wide[len(rows) :] + len(texts)
    texts = pa.concat_arrays([texts, wide_texts])
    return dictionary(src, texts), dictionary(dst, texts)


def _done(job: _Job) -> tuple[Codes, pa.Array]:
    return job()


def _exporter(flows: Flows, exporters: Exporters) -> pa.Array:
    """The router that a record was received from, else the exporter that its number stands for, else null."""
    named = {sysid: ip for sysid, ip in exporters.address.items() if ip not in _UNSET}
    known = np.full(1 << 16, -1, np.int32)
    known[list(named)] = np.arange(len(named))
    codes: Codes = known[flows.exporter]
    texts = pa.array(list(named.values()), pa.string())
    received, more = encode_v4(flows.numbers["router"])
    codes = np.where(flows.numbers["router"] == 0, codes, received + np.int32(len(texts)))
    texts = pa.concat_arrays([texts, more])
    rows, bodies = flows.of_v6(nf.RECEIVED_V6)
    wide, more = encode_v6(bodies["ip"])
    codes[rows], texts = wide + len(texts), pa.concat_arrays([texts, more])
    return dictionary(codes, texts)


def _sampling(flows: Flows, exporters: Exporters, offsets: Offsets) -> pa.Array:
    """1:N of every flow: its own sampler element's, else its exporter's; null where the file says nothing."""
    own = flows.numbers["interval"]
    if not exporters.rates and not own.any():
        return pa.nulls(len(own), pa.int32())
    rate = exporters.sampling(flows.exporter, offsets)
    rate = np.where(own > 0, own, rate)
    return pa.array(rate, mask=rate <= 0)
