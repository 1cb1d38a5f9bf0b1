"""Exports packed by Arrow's codecs, for tests and for the fuzzing harness."""

from collections.abc import Callable

import pyarrow as pa


def arrow(codec: str) -> Callable[[bytes], bytes]:
    """A function that packs as one frame of this codec."""

    def pack(data: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(data)
        packed: bytes = sink.getvalue().to_pybytes()
        return packed

    return pack
