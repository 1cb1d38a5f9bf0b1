"""nfcapd files made by hand for tests: blocks of records of any kind, and files packed anew."""

import bz2
import struct
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from lzallright import LZOCompressor

from dnsanom.netflow.nfcapd import format as nf

PACK: dict[int, Callable[[bytes], bytes]] = {
    nf.LZO: lambda body: LZOCompressor().compress(body),
    nf.BZ2: bz2.compress,
    nf.LZ4: lambda body: pa.Codec("lz4_raw").compress(body, asbytes=True),
    nf.ZSTD: lambda body: pa.Codec("zstd").compress(body, asbytes=True),
}


def element(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, 4 + len(body)) + body


def generic(first: int = 1_772_409_600_000, packets: int = 2, port: int = 53) -> bytes:
    return element(
        1, struct.pack("<QQQQQHHBBBB", first, first + 1500, first, packets, 200, 4242, port, 17, 0, 0, 8)
    )


def ipv4(src: int = 0xC6120001, dst: int = 0xC633640A) -> bytes:
    return element(2, struct.pack("<II", src, dst))


def flow(*elements: bytes, exporter: int = 0, count: int | None = None) -> bytes:
    body = b"".join(elements)
    count = len(elements) if count is None else count
    return struct.pack("<HHHBBHBB", 11, 12 + len(body), count, 0, 0, exporter, 0, 9) + body


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, 4 + len(body)) + body


def exporter(sysid: int, ip: int) -> bytes:
    return record(7, struct.pack("<I8xI4xHHI", 9, ip, nf.AF_INET, sysid, 0))


def sampler(sysid: int, ident: int, taken: int, passed: int) -> bytes:
    return record(15, struct.pack("<HHqII", sysid, 0, ident, taken, passed))


def block(*records: bytes, count: int | None = None, size: int | None = None, kind: int = 3) -> bytes:
    body = b"".join(records)
    count, size = len(records) if count is None else count, len(body) if size is None else size
    return struct.pack("<IIHH", count, size, kind, 0) + body


def nfcapd(*blocks: bytes, **fields: int) -> bytes:
    """A file of these blocks, without an appendix; any field of its header may be told another value."""
    header = np.zeros(1, nf.FILE_HEADER)
    told = {"magic": nf.MAGIC, "layout": 2, "version": nf.VERSION, "blocks": len(blocks), **fields}
    for name, value in told.items():
        header[name] = value
    return header.tobytes() + b"".join(blocks)


def packed(data: bytes, compression: int) -> bytes:
    """An uncompressed file with every block, those of the appendix too, packed."""
    header, at, blocks = np.frombuffer(data, nf.FILE_HEADER, 1).copy(), nf.FILE_HEADER.itemsize, []
    while at < len(data):
        count, size, kind, flags = struct.unpack_from("<IIHH", data, at)
        body = PACK[compression](data[at + 12 : at + 12 + size])
        blocks.append(struct.pack("<IIHH", count, len(body), kind, flags) + body)
        at += 12 + size
    header["compression"] = compression
    if header["appendix_blocks"][0]:
        header["appendix_at"] = nf.FILE_HEADER.itemsize + sum(map(len, blocks[: header["blocks"][0]]))
    return header.tobytes() + b"".join(blocks)
