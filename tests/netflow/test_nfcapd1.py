"""nfcapd files of layout 1: every row as nfdump prints it, and every lie found."""

import bz2
from collections.abc import Callable
from pathlib import Path

import layout1_bytes as old
import nfcapd_bytes as made
import numpy as np
import pyarrow as pa
import pytest
from lzallright import LZOCompressor
from nfdump_rows import as_printed, needs_nfdump, printed

from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow import Decoded, decode
from dnsanom.params import Dns

DNS = Dns(ports=(53, 853))
KEY = "exports/nfcapd.201912010000"
PACK: dict[int, Callable[[bytes], bytes]] = {
    old.LZO: lambda body: LZOCompressor().compress(body),
    old.BZ2: bz2.compress,
    old.LZ4: lambda body: pa.Codec("lz4_raw").compress(body, asbytes=True),
}
#: Extensions of which a map has one of each group at most.
GROUPS = (
    *((4, 5), (6, 7), (8,), (9, 10), (11, 12), (13,), (14, 15), (16, 17), (18, 19), (20,), (21,), (22,)),
    *((23, 24), (25,), (26,), (27,), (37,), (38,), (39, 40), (41,), (42, 43), (45,), (46,), (48,)),
)


def read(data: bytes) -> Decoded:
    return decode(data, KEY, DNS, keep="all")


def drawn_map(draw: np.random.Generator) -> list[int]:
    """Some extensions in any order."""
    chosen = [int(draw.choice(group)) for group in GROUPS if draw.random() < 0.3]
    return [int(e) for e in draw.permutation(chosen)]


def drawn_flow(draw: np.random.Generator, ident: int, extensions: list[int]) -> bytes:
    """A flow of this map, all else drawn; nfdump prints 0 flows where we say 1, so there is one at least."""
    flags = int(draw.integers(0, 8))
    size = 16 if flags & old.IPV6 else 4
    bodies = [bytes(draw.bytes(old.SIZES[e])) if e not in (18, 19) else _count(draw, e) for e in extensions]
    return old.flow(
        ident,
        *bodies,
        flags=flags,
        first=old.START + int(draw.integers(0, 300)),
        ports=(int(draw.integers(0, 65536)), int(draw.choice([0, 53, 443, 853]))),
        protocol=int(draw.choice([1, 6, 17, 47, 58])),
        src=draw.bytes(size),
        dst=draw.bytes(size),
        packets=int(draw.integers(1, 2**40 if flags & old.WIDE_PACKETS else 2**32)),
        octets=int(draw.integers(1, 2**40 if flags & old.WIDE_BYTES else 2**32)),
    )


def _count(draw: np.random.Generator, extension: int) -> bytes:
    return int(draw.integers(1, 1000)).to_bytes(old.SIZES[extension], "little")


def drawn_file(seed: int) -> bytes:
    """Blocks of flows of many maps, among them some that take the number of another."""
    draw, blocks = np.random.default_rng(seed), []
    maps: dict[int, list[int]] = {}
    for _ in range(6):
        records = []
        for ident in draw.choice([0, 1, 2, 3, 300, 32768, 65534, 65535], 4).tolist():
            maps[ident] = drawn_map(draw)
            records.append(old.extension_map(ident, *maps[ident]))
            records += [drawn_flow(draw, i, maps[i]) for i in draw.choice(list(maps), 60).tolist()]
        blocks.append(old.block(*records))
    return old.layout1(*blocks)


@needs_nfdump
@pytest.mark.parametrize("seed", range(5))
def test_flows_of_any_extensions_are_as_nfdump_prints_them(seed: int, tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(drawn_file(seed))
    decoded = read((tmp_path / "old").read_bytes())
    assert (decoded.report.format, decoded.report.rows) == ("nfcapd layout 1", 6 * 4 * 60)
    assert as_printed(decoded.flows) == printed(tmp_path / "old")


@needs_nfdump
@pytest.mark.parametrize("flag", PACK)
def test_packed_blocks_are_opened_as_nfdump_does(flag: int, tmp_path: Path) -> None:
    plain = drawn_file(9)
    (tmp_path / "packed").write_bytes(old.packed(plain, flag, PACK[flag]))
    decoded = read((tmp_path / "packed").read_bytes())
    assert decoded.flows.equals(read(plain).flows)
    assert as_printed(decoded.flows) == printed(tmp_path / "packed")


def test_many_flows_of_one_map_are_read() -> None:
    records = [old.flow(3, n.to_bytes(4, "little"), packets=n) for n in range(1, 70_001)]
    halves = [old.block(old.extension_map(3, 18), *records[:35_000]), old.block(*records[35_000:])]
    decoded = read(old.layout1(*halves))
    assert decoded.flows["packets"].to_pylist() == list(range(1, 70_001))
    assert decoded.flows["flows"].to_pylist() == list(range(1, 70_001))


def test_records_of_the_first_releases_are_read() -> None:
    flows = read(old.small()).flows.slice(16, 8).to_pylist()
    assert [flow["dst_port"] for flow in flows] == list(range(8))
    assert {(f["src_ip"], f["src_port"], f["exporter"], f["packets"], f["bytes"]) for f in flows} == {
        ("198.18.0.1", 443, "192.0.2.1", 2, 200)
    }


def test_exporter_and_sampling_come_from_their_records() -> None:
    flows = [old.flow(0, exporter=n) for n in (1, 2)]
    who = [made.exporter(1, 0xC0000201), old.sampler(1, -1, 100), old.extension_map(0)]
    decoded = read(old.layout1(old.block(*who, *flows)))
    assert decoded.flows["exporter"].to_pylist() == ["192.0.2.1", None]
    assert decoded.flows["sampling_rate"].to_pylist() == [100, None]


def test_an_unknown_extension_takes_what_the_others_leave() -> None:
    known = old.extension_map(0, 4, 60, 18, size=4 + 12 + 4)
    decoded = read(old.layout1(old.block(known, old.flow(0, bytes(16), b"\7\0\0\0"))))
    assert decoded.flows["flows"].to_pylist() == [7]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (b"", "extension map 0: no such map stands before the record"),
        (old.extension_map(1), "extension map 0: no such map stands before the record"),
        (old.extension_map(0, 60, 61, size=8), "extensions take 0 bytes, not counting [60, 61], it says 8"),
        (old.extension_map(0, 4, size=0), "extension map 0: extensions take 4 bytes, it says 0"),
        (old.extension_map(0, 4), "common record: its layout takes 52 bytes, it has fewer"),
    ],
)
def test_a_flow_without_a_sound_map_is_rejected_and_kept(told: bytes, reason: str) -> None:
    flow, other = old.flow(0), old.flow(5)
    records = [record for record in (old.extension_map(5), told, other, flow, other) if record]
    decoded = read(old.layout1(old.block(*records)))
    assert decoded.flows["row"].to_pylist() == [0, 2]
    (rejected,) = decoded.rejected.to_pylist()
    assert (rejected["row"], rejected["raw"]) == (1, flow.hex())
    assert reason in rejected["reason"]


PLAIN = old.layout1(old.block(old.extension_map(0), old.flow(0)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PLAIN[:3], "3 bytes: an nfcapd file header is longer"),
        (PLAIN[:200], "200 bytes: an nfcapd file header takes 276"),
        (PLAIN[:280], "block 0 of 1: the file ends before its header"),
        (PLAIN[:-1], "block 0: size 60 is past the file's end, 59 bytes are left"),
        (old.layout1(PLAIN[276:], count=0), "0 blocks, and 72 bytes follow: not closed by its collector yet"),
    ],
)
def test_an_unfinished_file_is_told_from_a_broken_one(data: bytes, message: str) -> None:
    with pytest.raises(UnfinishedError) as caught:
        read(data)
    assert str(caught.value) == f"{KEY}: {message}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PLAIN + b"more", "blocks end at byte 348, the header says 352"),
        (
            old.layout1(old.block(old.flow(0), kind=1)),
            "block 0: type 1, of nfdump 1.5: only those of nfdump 1.6",
        ),
        (old.layout1(flags=0x9), "flags 0x9: LZO and BZ2 at once, a file has one compression at most"),
        (old.layout1(PLAIN[276:], flags=old.LZO), "block 0: LZO: "),
        (
            old.layout1(old.block(made.record(2, b"ab"))),
            "extension map at byte 288: size 6 must be at least 8",
        ),
    ],
)
def test_a_lie_is_named(data: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(data)
    assert not isinstance(caught.value, UnfinishedError)
    assert str(caught.value).startswith(f"{KEY}: {message}")


def test_blocks_without_flows_are_passed_over_and_unknown_ones_kept_as_rows() -> None:
    others = [old.block(b"1234567890", kind=kind) for kind in (3, 4, 9)]
    decoded = read(old.layout1(PLAIN[276:], *others, PLAIN[276:]))
    assert decoded.flows["row"].to_pylist() == [0, 2]
    assert decoded.rejected.to_pylist() == [
        {"row": 1, "raw": b"1234567890".hex(), "reason": "block of type 9: only 2 and 3 can be read"}
    ]
