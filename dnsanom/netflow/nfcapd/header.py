"""The header of an nfcapd file, of either layout, as far as reading its flows needs it."""

from dataclasses import dataclass

import numpy as np

from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1

MAGIC = nf.MAGIC.to_bytes(2, "little")
COMPRESSIONS = {nf.LZO: "LZO", nf.BZ2: "BZ2", nf.LZ4: "LZ4", nf.ZSTD: "ZSTD"}


@dataclass(frozen=True)
class Header:
    """Layout, compression (numbered as in layout 2), and which blocks follow.

    From byte `start` on there are `blocks` of them, then, at byte `appendix_at`, `appendix_blocks` that hold
    no flows.
    """

    layout: int
    compression: int
    blocks: int
    start: int
    appendix_at: int = 0
    appendix_blocks: int = 0

    @property
    def name(self) -> str:
        """What the decode report calls the file's format."""
        packed = f", {COMPRESSIONS[self.compression]}" if self.compression else ""
        return f"nfcapd layout {self.layout}{packed}"


def read_header(data: bytes, key: str) -> Header:
    """Raises DecodeError for what can't be read, UnfinishedError when not even the header is there."""
    if data[:2] != MAGIC:
        raise DecodeError(f"{key}: magic 0x{data[:2].hex()}: written on a big-endian machine, can't be read")
    if len(data) < 4:
        raise UnfinishedError(f"{key}: {len(data)} bytes: an nfcapd file header is longer")
    layout = int.from_bytes(data[2:4], "little")
    if layout == nf.LAYOUT:
        return _layout2(_structure(data, nf.FILE_HEADER, key), key)
    if layout == nf1.LAYOUT:
        return _layout1(_structure(data, nf1.FILE_HEADER, key), key)
    raise DecodeError(
        f"{key}: nfcapd layout {layout}: only 1, of nfdump 1.6, and 2, of nfdump 1.7, can be read"
    )


def _structure(data: bytes, kind: np.dtype[np.void], key: str) -> np.void:
    if len(data) < kind.itemsize:
        raise UnfinishedError(f"{key}: {len(data)} bytes: an nfcapd file header takes {kind.itemsize}")
    header: np.void = np.frombuffer(data, kind, 1)[0]
    return header


def _layout2(header: np.void, key: str) -> Header:
    if header["encryption"]:
        raise DecodeError(f"{key}: encryption {header['encryption']}: only 0, none, can be read")
    compression = int(header["compression"])
    if compression > nf.ZSTD:
        raise DecodeError(f"{key}: compression {compression}: known are 0 to {nf.ZSTD}")
    appendix = int(header["appendix_blocks"])
    at = int(header["appendix_at"]) if appendix else 0
    return Header(nf.LAYOUT, compression, int(header["blocks"]), header.nbytes, at, appendix)


def _layout1(header: np.void, key: str) -> Header:
    flags = int(header["flags"])
    packed = [compression for bit, compression in nf1.COMPRESSION.items() if flags & bit]
    if len(packed) > 1:
        names = " and ".join(COMPRESSIONS[compression] for compression in packed)
        raise DecodeError(f"{key}: flags 0x{flags:x}: {names} at once, a file has one compression at most")
    return Header(
        nf1.LAYOUT, packed[0] if packed else nf.NOT_COMPRESSED, int(header["blocks"]), header.nbytes
    )
