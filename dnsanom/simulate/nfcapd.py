"""Flows written as nfcapd 1.7.1 writes them: layout 2, not compressed, for `nfdump -r` and our own reader.

The same flows give the same bytes: the time of creation is the second in which the last flow ended.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.schema import TCP, UDP
from dnsanom.simulate.nfcapd_exporters import exporter_records, exporter_stats, senders
from dnsanom.simulate.nfcapd_records import Encoded, encode_flows, milliseconds, numbers

_ICMP, _ICMP6 = 1, 58


def write_nfcapd(path: Path, flows: pa.Table, ident: str) -> None:
    """Write flows, a table with FLOW_SCHEMA's columns (provenance may be missing), as an nfcapd file.

    Packets and bytes are written as they stand, as nfcapd has scaled them; `exporter` and `sampling_rate`
    become exporter and sampler records. IPv4 and IPv6 may be mixed, order is kept. Raises
    ValueError for a flow that can't be written, with its number.
    """
    who = senders(flows)
    before = [_block(records) for records in [exporter_records(who)] if records]
    after = [_block(records) for records in [exporter_stats(who)] if records]
    blocks = [*before, *_flow_blocks(encode_flows(flows, who)), *after]
    stat = _totals(flows)
    header = np.zeros(1, nf.FILE_HEADER)
    header["magic"], header["layout"], header["version"] = nf.MAGIC, nf.LAYOUT, nf.VERSION
    header["created"] = stat["last"] // 1000
    header["appendix_blocks"], header["appendix_at"] = 1, header.nbytes + sum(map(len, blocks))
    header["blocks"] = len(blocks)
    path.write_bytes(b"".join([header.tobytes(), *blocks, _appendix(ident, stat)]))


def _block(records: list[bytes]) -> bytes:
    return _block_header(len(records), sum(map(len, records))) + b"".join(records)


def _block_header(records: int, size: int) -> bytes:
    return np.array([(records, size, nf.RECORD_BLOCK, 0)], nf.BLOCK_HEADER).tobytes()


def _flow_blocks(encoded: Encoded) -> Iterator[bytes]:
    """Blocks of as many whole records as fit."""
    offsets, start = encoded.offsets, 0
    while start < len(offsets) - 1:
        end = int(np.searchsorted(offsets, offsets[start] + nf.WRITE_LIMIT, "right")) - 1
        body = encoded.data[offsets[start] : offsets[end]].tobytes()
        yield _block_header(end - start, len(body)) + body
        start = end


def _totals(flows: pa.Table) -> npt.NDArray[np.void]:
    """nfcapd's totals: flows, bytes and packets, of all and by protocol, and the time that the flows span."""
    stat, protocol = np.zeros(1, nf.STAT), numbers(flows, "protocol")
    parts = {
        "tcp": protocol == TCP,
        "udp": protocol == UDP,
        "icmp": (protocol == _ICMP) | (protocol == _ICMP6),
    }
    parts["other"] = ~np.logical_or.reduce(list(parts.values()))
    for name in ("flows", "bytes", "packets"):
        values = numbers(flows, name)
        stat[name] = values.sum()
        for part, rows in parts.items():
            stat[f"{name}_{part}"] = values[rows].sum()
    first = milliseconds(flows)
    last = first + np.rint(numbers(flows, "duration") * 1000).astype(np.int64)
    stat["first"] = first.min() if len(flows) else np.iinfo(np.int64).max
    stat["last"] = last.max() if len(flows) else 0
    return stat


def _appendix(ident: str, stat: npt.NDArray[np.void]) -> bytes:
    name = ident.encode() + b"\0"
    return _block([_tagged(nf.IDENT_RECORD, name), _tagged(nf.STAT_RECORD, stat.tobytes())])


def _tagged(kind: int, content: bytes) -> bytes:
    head = np.array([(kind, nf.RECORD_HEADER.itemsize + len(content))], nf.RECORD_HEADER)
    return head.tobytes() + content
