"""From an nfcapd file's bytes to its records: headers checked, blocks opened, every record's place known."""

import bz2
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pyarrow as pa

from dnsanom.errors import DecodeError
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.walk import Kinds, Offsets, Walker

_BLOCK = struct.Struct("<IIHH")
_COMPRESSION = {nf.LZO: "LZO", nf.BZ2: "BZ2", nf.LZ4: "LZ4", nf.ZSTD: "ZSTD"}
#: An LZ4 frame's header for independent blocks of up to 4 MiB without checksums, and its end mark.
_LZ4_FRAME, _LZ4_END = bytes.fromhex("04224d18607073"), bytes(4)


@dataclass(frozen=True)
class Records:
    """All records of a file: the bytes they stand in, where each begins (ascending), and each one's type."""

    data: memoryview
    offsets: Offsets
    kinds: Kinds


@dataclass(frozen=True)
class _Block:
    """A block's header, and its body as it stands in the file, where it begins at byte `at`."""

    number: int
    records: int
    flags: int
    at: int
    body: memoryview

    def where(self, key: str) -> str:
        """The block's name in messages."""
        return f"{key}: block {self.number:,}"


def read_records(data: bytes, key: str) -> Records:
    """The records of all data blocks. Raises DecodeError that names file, block, value and rule."""
    header = _header(data, key)
    blocks, end = _blocks(memoryview(data), int(header["blocks"]), key)
    _check_end(header, end, len(data), key)
    compression = int(header["compression"])
    if compression == nf.NOT_COMPRESSED:
        return _walked(memoryview(data), ((b, b.body, b.at) for b in blocks), key)
    bodies = [_open(b, compression, key) for b in blocks]
    starts = accumulate(map(len, bodies), initial=0)
    return _walked(
        memoryview(b"".join(bodies)),
        zip(blocks, (memoryview(body) for body in bodies), starts, strict=False),
        key,
    )


def _header(data: bytes, key: str) -> np.void:
    if len(data) < nf.FILE_HEADER.itemsize:
        raise DecodeError(f"{key}: {len(data)} bytes: an nfcapd file header takes {nf.FILE_HEADER.itemsize}")
    header: np.void = np.frombuffer(data, nf.FILE_HEADER, 1)[0]
    if header["encryption"]:
        raise DecodeError(f"{key}: encryption {header['encryption']}: only 0, none, can be read")
    compression = int(header["compression"])
    if compression == nf.LZO:
        raise DecodeError(f"{key}: compression 1 (LZO): can't be read; `nfdump -J 0 -r` takes it off")
    if compression > nf.ZSTD:
        raise DecodeError(f"{key}: compression {compression}: known are 0 to {nf.ZSTD}")
    return header


def _blocks(data: memoryview, count: int, key: str) -> tuple[list[_Block], int]:
    """The data blocks of the file that hold records, and where the last one ends."""
    blocks, at = [], nf.FILE_HEADER.itemsize
    for number in range(count):
        if at + _BLOCK.size > len(data):
            raise DecodeError(f"{key}: block {number:,} of {count:,}: the file ends before its header")
        records, size, kind, flags = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size
        _check_block(f"{key}: block {number:,}", records, size, kind, len(data) - at)
        if kind == nf.RECORD_BLOCK:
            blocks.append(_Block(number, records, flags, at, data[at : at + size]))
        at += size
    return blocks, at


def _check_block(where: str, records: int, size: int, kind: int, left: int) -> None:
    if size > left:
        raise DecodeError(f"{where}: size {size:,} is past the file's end, {left:,} bytes are left")
    if not 0 < size <= nf.READ_LIMIT:
        raise DecodeError(f"{where}: size {size:,} must be 1 to {nf.READ_LIMIT:,}")
    if not records:
        raise DecodeError(f"{where}: 0 records: a block holds at least one")
    if kind not in (nf.RECORD_BLOCK, nf.ARRAY_BLOCK):
        raise DecodeError(f"{where}: type {kind} must be {nf.RECORD_BLOCK} or {nf.ARRAY_BLOCK} in layout 2")


def _check_end(header: np.void, end: int, size: int, key: str) -> None:
    """What follows the last block must be the appendix that the header speaks of."""
    appendix = int(header["appendix_at"]) if header["appendix_blocks"] else size
    if end == appendix:
        return
    if not header["blocks"] and not header["appendix_blocks"]:
        raise DecodeError(
            f"{key}: 0 blocks, but {size - end:,} bytes follow: not closed by its collector yet"
        )
    raise DecodeError(f"{key}: blocks end at byte {end:,}, the header says {appendix:,}")


def _walked(data: memoryview, blocks: Iterable[tuple[_Block, memoryview, int]], key: str) -> Records:
    """Records of the blocks, each with its body and the byte of `data` where that begins."""
    walker, offsets, kinds = Walker(), [np.zeros(0, np.int64)], [np.zeros(0, np.uint16)]
    for block, body, start in blocks:
        found, kind = walker.walk(body, block.records, block.where(key))
        offsets.append(found + start)
        kinds.append(kind)
    return Records(data, np.concatenate(offsets), np.concatenate(kinds))


def _open(block: _Block, compression: int, key: str) -> bytes:
    """A block's body decompressed, at most nfdump's buffer."""
    if block.flags & nf.BLOCK_UNCOMPRESSED:
        return bytes(block.body)
    where = f"{block.where(key)}: {_COMPRESSION[compression]}"
    try:
        body = _decompress(block.body, compression)
    except (OSError, ValueError, EOFError) as error:
        raise DecodeError(f"{where}: {' '.join(str(error).split())}") from error
    if len(body) > nf.READ_LIMIT:
        raise DecodeError(f"{where}: more than {nf.READ_LIMIT:,} bytes when decompressed")
    return body


def _decompress(body: memoryview, compression: int) -> bytes:
    """At most one byte more than a block may hold."""
    if compression == nf.BZ2:
        return _bz2(body)
    if compression == nf.ZSTD:
        return _stream(bytes(body), "zstd")
    framed = b"".join([_LZ4_FRAME, len(body).to_bytes(4, "little"), body, _LZ4_END])
    return _stream(framed, "lz4")


def _bz2(body: memoryview) -> bytes:
    stream = bz2.BZ2Decompressor()
    opened = stream.decompress(body, nf.READ_LIMIT + 1)
    if not stream.eof and len(opened) <= nf.READ_LIMIT:
        raise EOFError("the stream ends too early")
    return opened


def _stream(data: bytes, codec: str) -> bytes:
    with pa.CompressedInputStream(pa.py_buffer(data), codec) as stream:
        opened: bytes = stream.read(nf.READ_LIMIT + 1)
    return opened
