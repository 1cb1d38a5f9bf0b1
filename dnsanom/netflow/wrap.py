"""Compression around a whole export, undone by content and up to a limit."""

import bz2
import gzip
import io
import lzma
import zlib
from typing import IO, Any

from dnsanom.errors import DecodeError

#: Bytes of an export when unpacked; 2 million flows in nfdump's widest CSV are half of it.
LIMIT = 1 << 30
_DEPTH = 3
#: xz files name the memory that they need to be unpacked; the strongest preset takes 65 MiB.
_XZ_MEMORY = 128 << 20


def unwrap(data: bytes, key: str, limit: int = LIMIT) -> bytes:
    """The bytes inside gzip, bzip2 or xz, which may be nested. Raises DecodeError past `limit` bytes."""
    for _ in range(_DEPTH + 1):
        name = _wrapping(data)
        if name is None:
            return data
        data = _unpack(data, name, key, limit)
    raise DecodeError(f"{key}: packed {_DEPTH + 1} times over: at most {_DEPTH} are undone")


def _wrapping(data: bytes) -> str | None:
    if data[:2] == b"\x1f\x8b":
        return "gzip"
    if data[:3] == b"BZh":
        return "bzip2"
    return "xz" if data[:6] == b"\xfd7zXZ\0" else None


def _unpack(data: bytes, name: str, key: str, limit: int) -> bytes:
    try:
        opened = _xz(data, limit + 1) if name == "xz" else _file(data, name).read(limit + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise DecodeError(f"{key}: {name}: {' '.join(str(error).split())}") from error
    if len(opened) > limit:
        raise DecodeError(f"{key}: {name}: more than {limit:,} bytes when unpacked")
    return opened


def _file(data: bytes, name: str) -> IO[bytes] | Any:
    source = io.BytesIO(data)
    return gzip.GzipFile(fileobj=source) if name == "gzip" else bz2.BZ2File(source)


def _xz(data: bytes, size: int) -> bytes:
    """At most `size` bytes of an xz file's streams, within a memory limit that `lzma.LZMAFile` can't set."""
    opened = bytearray()
    while data.strip(b"\0") and len(opened) < size:
        stream = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        opened += stream.decompress(data, size - len(opened))
        while not stream.eof and len(opened) < size:
            if stream.needs_input:
                raise EOFError("the file ends before its last stream does")
            opened += stream.decompress(b"", size - len(opened))
        data = stream.unused_data
    return bytes(opened)
