"""One block of an nfcapd file decompressed, at most to the size that nfdump reads."""

import bz2

import pyarrow as pa
from lzallright import LZOCompressor, LZOError

from dnsanom.errors import DecodeError, one_line
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.blocks import Block
from dnsanom.netflow.nfcapd.header import COMPRESSIONS

#: An LZ4 frame's header for independent blocks of up to 4 MiB without checksums, and its end mark.
_LZ4_FRAME, _LZ4_END = bytes.fromhex("04224d18607073"), bytes(4)
#: What an LZO block may grow to at most, since its library knows no limit but memory: a byte of 0 stands for
#: 255 bytes and lets the one after it do so, too; four others stand for 288.
_LZO_LIMIT, _OF_ZERO, _OF_OTHER = 256 << 20, 510, 72


def open_block(block: Block, compression: int, key: str) -> bytes | memoryview:
    """The block's body before it was packed. Raises DecodeError that names block and compression."""
    if compression == nf.NOT_COMPRESSED or block.flags & nf.BLOCK_UNCOMPRESSED:
        return block.body
    where = f"{block.where(key)}: {COMPRESSIONS[compression]}"
    try:
        body = _decompress(block.body, compression)
    except (OSError, ValueError, EOFError) as error:
        raise DecodeError(f"{where}: {one_line(error)}") from error
    if len(body) > nf.READ_LIMIT:
        raise DecodeError(f"{where}: more than {nf.READ_LIMIT:,} bytes when decompressed")
    return body


def _decompress(body: memoryview, compression: int) -> bytes:
    """At most one byte more than a block may hold, but for LZO."""
    if compression == nf.LZO:
        return _lzo(body)
    if compression == nf.BZ2:
        return _bz2(body)
    if compression == nf.ZSTD:
        return _stream(bytes(body), "zstd")
    framed = b"".join([_LZ4_FRAME, len(body).to_bytes(4, "little"), body, _LZ4_END])
    return _stream(framed, "lz4")


def _lzo(body: memoryview) -> bytes:
    packed = bytes(body)
    zeros = packed.count(0)
    most = _OF_ZERO * zeros + _OF_OTHER * (len(packed) - zeros)
    if most > _LZO_LIMIT:
        raise ValueError(f"may grow to {most:,} bytes: {_LZO_LIMIT:,} are the limit")
    try:
        opened: bytes = LZOCompressor.decompress(packed, nf.WRITE_LIMIT)
    except LZOError as error:
        # Its second argument is all that was unpacked.
        raise ValueError(f"can't be unpacked: {error.args[0]}") from error
    return opened


def _bz2(body: memoryview) -> bytes:
    stream = bz2.BZ2Decompressor()
    opened = stream.decompress(body, nf.READ_LIMIT + 1)
    if not stream.eof and len(opened) <= nf.READ_LIMIT:
        raise EOFError("the stream ends too early")
    return opened


def _stream(data: bytes, codec: str) -> bytes:
    with pa.CompressedInputStream(pa.py_buffer(data), codec) as stream:
        # `read` would leak its five MiB when it fails.
        opened: bytes = stream.read_buffer(nf.READ_LIMIT + 1).to_pybytes()
    return opened
