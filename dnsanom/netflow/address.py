"""IP addresses between numbers and text, many at once: each distinct address is turned once."""

import socket
import struct
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

V4 = npt.NDArray[np.uint32]
V6 = npt.NDArray[np.void]
Codes = npt.NDArray[np.int32]


def v4_text(numbers: V4) -> pa.Array:
    """IPv4 addresses as dotted text."""
    if not len(numbers):
        return pa.array([], pa.string())
    places = [((numbers >> shift) & 255).astype(np.uint8) for shift in (24, 16, 8, 0)]
    parts = [_octets().take(pa.array(octet)) for octet in places]
    return pc.binary_join_element_wise(*parts, ".")


@cache
def _octets() -> pa.Array:
    return pa.array([str(i) for i in range(256)])


def v6_text(halves: V6) -> pa.Array:
    """IPv6 addresses, each two little endian numbers of 64 bits, as the system writes them (RFC 5952)."""
    network = swapped(halves)
    texts = [socket.inet_ntop(socket.AF_INET6, each) for (each,) in struct.iter_unpack("16s", network)]
    return pa.array(texts, pa.string())


def swapped(halves: V6) -> bytes:
    """IPv6 addresses between two little endian halves and network order; it is its own inverse."""
    return np.ascontiguousarray(halves).view("<u8").byteswap().tobytes()


def encode_v4(*columns: V4) -> tuple[list[Codes], pa.Array]:
    """Each column's codes into the distinct addresses of all, and those as text."""
    if len(columns) == 1 and len(columns[0]) and (columns[0] == columns[0][0]).all():
        return [np.zeros(len(columns[0]), np.int32)], v4_text(columns[0][:1])
    codes, distinct = _encoded([pa.array(column, pa.uint32()) for column in columns])
    return codes, v4_text(np.asarray(distinct))


def encode_v6(*columns: V6) -> tuple[list[Codes], pa.Array]:
    """As `encode_v4`, for IPv6."""
    data = [pa.py_buffer(np.ascontiguousarray(column)) for column in columns]
    sixteens = [
        pa.Array.from_buffers(pa.binary(16), len(column), [None, each])
        for column, each in zip(columns, data, strict=True)
    ]
    codes, distinct = _encoded(sixteens)
    bodies = np.frombuffer(distinct.buffers()[1] or b"", "V16")[distinct.offset :][: len(distinct)]
    return codes, v6_text(bodies)


def _encoded(columns: list[pa.Array]) -> tuple[list[Codes], pa.Array]:
    """Codes that may be written to, and the values they stand for; columns of one length."""
    if not len(columns[0]):
        return [np.zeros(0, np.int32) for _ in columns], columns[0]
    chunks = pa.chunked_array(columns).dictionary_encode().chunks
    return [np.array(chunk.indices) for chunk in chunks], chunks[-1].dictionary


def dictionary(codes: Codes, texts: pa.Array) -> pa.Array:
    """Codes into texts as a dictionary array; a code below 0 is null."""
    null = codes < 0
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=null if null.any() else None), texts)


def packed(text: str) -> bytes | None:
    """An address in network order, 4 or 16 bytes; None when the text is no address."""
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return None


def canonical(text: str) -> str | None:
    """The address as the system writes it; None when the text is no address."""
    number = packed(text)
    if number is None:
        return None
    return socket.inet_ntop(socket.AF_INET6 if len(number) == 16 else socket.AF_INET, number)
