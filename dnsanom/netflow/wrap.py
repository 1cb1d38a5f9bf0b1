"""Compression around a whole export, undone by content and up to a limit.

A file may be several compressed ones, one after the other, as parallel packers and `cat` make them, and zstd
and LZ4 may have frames that are to be skipped. Sizes that headers declare are not believed: what comes out is
counted as it comes.
"""

import io
import lzma
import struct
from collections.abc import Iterator

import pyarrow as pa

from dnsanom.errors import DecodeError, UnfinishedError, one_line

#: Bytes of an export when unpacked; 2 million flows in nfdump's widest CSV are half of it.
LIMIT = 1 << 30
_DEPTH = 3
#: How a compressed file begins → its name, and Arrow's for it where Arrow unpacks it.
_KNOWN: dict[bytes, tuple[str, str | None]] = {
    b"\x1f\x8b": ("gzip", "gzip"),
    b"BZh": ("bzip2", "bz2"),
    b"\xfd7zXZ\0": ("xz", None),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd"),
    b"\x04\x22\x4d\x18": ("lz4", "lz4"),
}
#: Compressed files and archives that are not unpacked.
_FOREIGN = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x9d": "compress (.Z)",
    b"]\0\0": "LZMA without xz",
    b"LZIP": "lzip",
    b"\x89LZO\0": "lzop",
    b"\xff\x06\0\0sNaPpY": "snappy",
    b"\x02\x21\x4c\x18": "lz4's legacy frame",
}
_TAR, _TAR_AT = b"ustar", 257
#: Frames of zstd and LZ4 without content: 16 magic numbers, a length, and what is to be skipped.
_SKIPPED, _SKIPPED_LOW, _MOST_SKIPPED = struct.Struct("<II"), 0x184D2A50, 1000
_STEP = 1 << 20
#: What Arrow says of a file whose end is missing.
_CUT = "Truncated compressed stream"
#: xz files name the memory that they need to be unpacked; the strongest preset takes 65 MiB.
_XZ_MEMORY = 128 << 20
#: Streams of an xz file; each costs a copy of what is left of `_XZ_STEP` bytes.
_XZ_STREAMS, _XZ_STEP = 10_000, 1 << 16


def unwrap(data: bytes, key: str, limit: int = LIMIT) -> bytes:
    """The bytes inside gzip, bzip2, xz, zstd or lz4, which may be nested.

    Raises DecodeError past `limit` bytes, for a damaged file and for another compression, UnfinishedError for
    a file whose end is missing.
    """
    for _ in range(_DEPTH + 1):
        found = _wrapping(data, key)
        if found is None:
            return data
        data = _unpack(data, *found, key, limit)
    raise DecodeError(f"{key}: packed {_DEPTH + 1} times over: at most {_DEPTH} are undone")


def _wrapping(data: bytes, key: str) -> tuple[str, str | None] | None:
    """Name of the compression, and Arrow's for it; None where the content is none."""
    at = _begin(data)
    begin = data[at : at + 16]
    for magic, names in _KNOWN.items():
        if begin.startswith(magic):
            return names
    foreign = next((name for magic, name in _FOREIGN.items() if begin.startswith(magic)), None)
    if data[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        foreign = "tar"
    if foreign:
        known = ", ".join(name for name, _ in _KNOWN.values())
        raise DecodeError(f"{key}: {foreign}: can't be unpacked; {known} can, around one export")
    return None


def _begin(data: bytes) -> int:
    """Where the first frame with content begins."""
    at = 0
    for _ in range(_MOST_SKIPPED):
        if at + _SKIPPED.size > len(data):
            break
        magic, size = _SKIPPED.unpack_from(data, at)
        if magic & ~0xF != _SKIPPED_LOW:
            return at
        at += _SKIPPED.size + size
    return 0


def _unpack(data: bytes, name: str, codec: str | None, key: str, limit: int) -> bytes:
    opened = io.BytesIO()
    try:
        for part in _streamed(data, codec) if codec else _xz(data):
            opened.write(part)
            if opened.tell() > limit:
                raise DecodeError(f"{key}: {name}: more than {limit:,} bytes when unpacked")
    except (OSError, pa.ArrowException, EOFError, lzma.LZMAError, ValueError) as error:
        is_cut = isinstance(error, EOFError) or str(error) == _CUT
        kind = UnfinishedError if is_cut else DecodeError
        raise kind(f"{key}: {name}: {one_line(error)}") from error
    return opened.getvalue()


def _streamed(data: bytes, codec: str) -> Iterator[pa.Buffer]:
    """What Arrow unpacks, a step at a time. A failing `read` would leak its step, `read_buffer` does not."""
    with pa.CompressedInputStream(pa.py_buffer(data), codec) as stream:
        while part := stream.read_buffer(_STEP):
            yield part


def _xz(data: bytes) -> Iterator[bytes]:
    """What an xz file's streams hold, within a memory limit that `lzma.LZMAFile` can't set."""
    source, given = io.BytesIO(data), b""
    for _ in range(_XZ_STREAMS):
        while not given.strip(b"\0"):
            given = source.read(_XZ_STEP)
            if not given:
                return
        stream, given = lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY), given.lstrip(b"\0")
        while not stream.eof:
            if stream.needs_input and not given and not (given := source.read(_XZ_STEP)):
                raise EOFError("the file ends before its last stream does")
            yield stream.decompress(given, _STEP)
            given = b""
        given = stream.unused_data
    raise ValueError(f"more than {_XZ_STREAMS:,} streams")
