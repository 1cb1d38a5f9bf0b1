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


def encode_v4(numbers: V4) -> tuple[Codes, pa.Array]:
    """Codes into the distinct addresses, and those as text."""
    if len(numbers) and (numbers == numbers[0]).all():
        return np.zeros(len(numbers), np.int32), v4_text(numbers[:1])
    encoded = pa.array(numbers, pa.uint32()).dictionary_encode()
    return np.asarray(encoded.indices), v4_text(np.asarray(encoded.dictionary))


def encode_v6(halves: V6) -> tuple[Codes, pa.Array]:
    """As `encode_v4`, for IPv6."""
    data = pa.py_buffer(np.ascontiguousarray(halves))
    encoded = pa.Array.from_buffers(pa.binary(16), len(halves), [None, data]).dictionary_encode()
    distinct = encoded.dictionary
    bodies = np.frombuffer(distinct.buffers()[1] or b"", "V16")[distinct.offset :][: len(distinct)]
    return np.asarray(encoded.indices), v6_text(bodies)


def dictionary(codes: Codes, texts: pa.Array) -> pa.Array:
    """Codes into texts as a dictionary array; a code below 0 is null."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)


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
