"""How much memory an export will take, and what a worker does to need little."""

import ctypes
import gc
import platform
import zlib

import pyarrow as pa

#: Exports that unpack to more bytes than this are taken apart one at a time, whatever the number of workers.
LARGE = 96 << 20
#: A sample, and the share of it that is left when what it is from was not packed already.
_SAMPLE, _LOOSE = 1 << 16, 0.5
#: How many times its size a packed export may be, by nfcapd's compressions and gzip on text.
_SWELLS = 8
#: mallopt's number for it, and where it stays: less costs time, as each piece is given back page by page.
_MMAP_THRESHOLD, _MMAP_BYTES = -3, 2 << 20


def is_large(data: bytes) -> bool:
    """Whether an export is to be taken apart alone. No header is believed: packed is what can't be packed."""
    if len(data) * _SWELLS <= LARGE:
        return False
    return len(data) > LARGE or _is_packed(data)


def give_back_at_once() -> None:
    """Have this process return large pieces of memory to the system when it is done with them.

    glibc else comes to keep pieces of up to 32 MB, and Arrow's own pool what it once had.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _MMAP_BYTES)


def tidy() -> None:
    """Let go of what a batch has left: Great Expectations' results hold their frames in circles."""
    gc.collect()
    pa.default_memory_pool().release_unused()


def _is_packed(data: bytes) -> bool:
    middle = len(data) // 2
    sample = data[middle : middle + _SAMPLE]
    return len(zlib.compress(sample, 1)) > _LOOSE * len(sample)
