"""nfcapd files of layout 1, of nfdump 1.6, made by hand for tests: no tool at hand writes them any more."""

import struct
from collections.abc import Callable

import nfcapd_bytes as made

#: Extension → its bytes in a record (nfx.c of nfdump 1.6).
SIZES = {
    **{4: 4, 5: 8, 6: 4, 7: 8, 8: 4, 9: 4, 10: 16, 11: 4, 12: 16, 13: 4, 14: 4, 15: 8, 16: 4, 17: 8},
    **{18: 4, 19: 8, 20: 16, 21: 16, 22: 40, 23: 4, 24: 16, 25: 4, 26: 8, 27: 8, 37: 20, 38: 4, 39: 8},
    **{40: 32, 41: 24, 42: 24, 43: 72, 45: 24, 46: 12, 48: 8},
}
AGGREGATED_4, AGGREGATED_8, ROUTER_V4, ROUTER_V6 = 18, 19, 23, 24
IPV6, WIDE_PACKETS, WIDE_BYTES = 1, 2, 4
LZO, BZ2, LZ4 = 0x1, 0x8, 0x10
COMMON, COMMON_V0 = 10, 1
START = 1_772_409_600


def extension_map(ident: int, *extensions: int, size: int | None = None) -> bytes:
    """The record that says which extensions follow in the flows that name it."""
    ids = struct.pack(f"<{len(extensions) + 1}H", *extensions, 0)
    total = sum(SIZES.get(e, 0) for e in extensions) if size is None else size
    return made.record(2, struct.pack("<HH", ident, total) + ids.ljust(len(ids) + 3 & ~3, b"\0"))


def flow(
    ident: int,
    *extensions: bytes,
    flags: int = 0,
    kind: int = COMMON,
    exporter: int = 0,
    first: int = START,
    ports: tuple[int, int] = (4242, 53),
    protocol: int = 17,
    src: bytes = bytes([1, 0, 18, 198]),
    dst: bytes = bytes([10, 100, 51, 198]),
    packets: int = 2,
    octets: int = 200,
) -> bytes:
    """A common record: the fixed part, addresses, counters as wide as `flags` says, extensions."""
    what = struct.pack(
        "<BB" if kind == COMMON_V0 else "<H", *((flags, exporter) if kind == COMMON_V0 else (flags,))
    )
    fixed = struct.pack("<HHHII4B2H", ident, 250, 750, first, first + 1, 0, 24, protocol, 8, *ports)
    who = b"" if kind == COMMON_V0 else struct.pack("<HH", exporter, 0)
    counters = struct.pack(
        "<" + ("Q" if flags & WIDE_PACKETS else "I") + ("Q" if flags & WIDE_BYTES else "I"), packets, octets
    )
    return made.record(kind, what + fixed + who + src + dst + counters + b"".join(extensions))


def sampler(exporter: int, ident: int, interval: int) -> bytes:
    return made.record(9, struct.pack("<iIHH", ident, interval, 0, exporter))


def block(*records: bytes, kind: int = 2) -> bytes:
    return made.block(*records, kind=kind)


def layout1(*blocks: bytes, flags: int = 0, count: int | None = None) -> bytes:
    """A file of these blocks; the totals are left at 0."""
    count = len(blocks) if count is None else count
    return struct.pack("<HHII128s", 0xA50C, 1, flags, count, b"edge") + bytes(136) + b"".join(blocks)


def packed(data: bytes, flag: int, pack: Callable[[bytes], bytes]) -> bytes:
    """A file that is not compressed, with every block packed."""
    blocks, at = [], 276
    while at < len(data):
        count, size, kind = struct.unpack_from("<IIH", data, at)
        body = pack(data[at + 12 : at + 12 + size])
        blocks.append(struct.pack("<IIHH", count, len(body), kind, 2) + body)
        at += 12 + size
    return layout1(*blocks, flags=flag)


def small() -> bytes:
    """A small file with a bit of everything: exporters, maps, both IP versions, both kinds of record."""
    src, dst, wide = bytes(range(16)), bytes(range(16, 32)), IPV6 | WIDE_PACKETS | WIDE_BYTES
    router, wide_router = bytes([1, 2, 0, 192]), bytes(range(16, 0, -1))
    more = [bytes(36) + wide_router + struct.pack("<I", n) for n in range(1, 9)]
    first = block(
        made.exporter(1, 0xC0000201),
        sampler(1, -1, 100),
        extension_map(0, 4, 6, ROUTER_V4),
        extension_map(1, 5, 7, 8, 10, ROUTER_V6, AGGREGATED_4),
        *[flow(0, bytes(8), router, exporter=1, packets=n, ports=(n, 53)) for n in range(1, 9)],
        *[flow(1, each, exporter=1, flags=wide, src=src, dst=dst) for each in more],
    )
    second = block(
        *[flow(0, bytes(8), router, kind=COMMON_V0, exporter=1, ports=(443, n)) for n in range(8)],
        extension_map(0),
        *[flow(0, ports=(0, 0), octets=n) for n in range(8)],
    )
    return layout1(first, second)
