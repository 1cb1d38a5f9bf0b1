"""Compression around an export: known by content, several frames in a row, stopped at a limit."""

import bz2
import gzip
import lzma
import resource
import struct
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flow_rows import made_flows
from packing import arrow

from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow import decode
from dnsanom.netflow.wrap import unwrap
from dnsanom.params import Dns
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
Pack = Callable[[bytes], bytes]


PACKS: dict[str, Pack] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": arrow("zstd"),
    "lz4": arrow("lz4"),
}
SKIPPED = struct.pack("<II", 0x184D2A53, 5) + b"hello"
each = pytest.mark.parametrize("name", PACKS)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("export") / "anything.csv"
    write_nfcapd(path, made_flows(500, key="made"), "edge")
    return path.read_bytes()


@each
def test_a_wrapping_is_undone_by_content(export: bytes, name: str) -> None:
    pack = PACKS[name]
    plain = decode(export, "made", DNS, keep="all").flows
    assert decode(pack(export), "made", DNS, keep="all").flows.equals(plain)
    assert decode(pack(export[:4000]) + pack(export[4000:]), "made", DNS, keep="all").flows.equals(plain)


@each
def test_frames_may_be_empty_and_wrappings_nested(name: str) -> None:
    pack = PACKS[name]
    assert unwrap(pack(b""), "k") == b""
    assert unwrap(pack(b"") + pack(b"flows"), "k") == b"flows"
    for other in PACKS.values():
        assert unwrap(pack(other(pack(b"flows" * 100))), "k") == b"flows" * 100


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_frames_that_are_to_be_skipped_are(name: str) -> None:
    pack = PACKS[name]
    data = SKIPPED * 2 + pack(b"ab") + SKIPPED + pack(b"c") + SKIPPED
    assert unwrap(data, "k") == b"abc"
    assert unwrap(SKIPPED, "k") == SKIPPED
    assert unwrap(struct.pack("<II", 0x184D2A5F, 2**32 - 1), "k") != b""


def test_xz_may_be_padded() -> None:
    assert unwrap(lzma.compress(b"a") + bytes(200_000) + lzma.compress(b"b") + bytes(8), "k") == b"ab"


@each
def test_a_wrapping_is_undone_up_to_a_limit(name: str) -> None:
    pack = PACKS[name]
    assert unwrap(pack(bytes(1000)), "k", limit=1000) == bytes(1000)
    with pytest.raises(DecodeError, match=rf"^k: {name}: more than 999 bytes when unpacked$"):
        unwrap(pack(bytes(1000)), "k", limit=999)
    with pytest.raises(DecodeError, match=rf"^k: {name}: more than 999 bytes when unpacked$"):
        unwrap(gzip.compress(pack(pack(bytes(500)) + pack(bytes(500)))), "k", limit=999)
    with pytest.raises(DecodeError, match=r"^k: packed 4 times over: at most 3"):
        unwrap(pack(pack(pack(pack(b"x")))), "k")


@each
def test_a_bomb_stops_early_in_time_and_memory(name: str) -> None:
    bomb = PACKS[name](bytes(100 << 20))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(DecodeError, match=f"^k: {name}: more than 4,194,304 bytes"):
        unwrap(bomb, "k", limit=4 << 20)
    assert time.process_time() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


@each
def test_a_wrapping_that_is_cut_or_damaged_is_an_error(export: bytes, name: str) -> None:
    packed = PACKS[name](export)
    for hurt in (
        packed[:-3],
        packed[:7],
        packed[: len(packed) // 2],
        packed + b"junkjunkjunk",
        packed + packed[:9],
    ):
        with pytest.raises(DecodeError, match=rf"^k: {name}: \S.+$"):
            decode(hurt, "k", DNS)


@each
def test_a_file_whose_end_is_missing_is_unfinished(export: bytes, name: str) -> None:
    packed = PACKS[name](export)
    for cut in (packed[:-3], packed[:20], packed[: len(packed) // 2], packed + packed[:20]):
        with pytest.raises(UnfinishedError, match=f"^k: {name}: "):
            unwrap(cut, "k")


@each
def test_damaged_files_leave_no_memory_behind(name: str) -> None:
    def pages() -> int:
        return int(Path("/proc/self/statm").read_text().split()[0])

    cut, before = PACKS[name](b"flows" * 100)[:-3], pages()
    for _ in range(200):
        with pytest.raises(DecodeError):
            unwrap(cut, "k")
    assert (pages() - before) * resource.getpagesize() < 100 << 20


def test_many_small_streams_cost_no_more_than_their_length() -> None:
    for name in ("gzip", "zstd", "lz4"):
        assert unwrap(PACKS[name](b"") * 50_000, "k") == b""
    began, streams = time.process_time(), lzma.compress(b"") * 10_001
    with pytest.raises(DecodeError, match=r"^k: xz: more than 10,000 streams$"):
        unwrap(streams, "k")
    assert time.process_time() - began < 10


def test_an_xz_file_that_needs_much_memory_is_an_error() -> None:
    strong = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20, "mf": lzma.MF_HC3}]
    with pytest.raises(DecodeError, match=r"^k: xz: Memory usage limit exceeded$"):
        unwrap(lzma.compress(b"x", filters=strong), "k")


def zipped() -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("nfcapd", b"x")
    return sink.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        # Their bytes hold the time, which no test's name may: workers would collect different tests.
        pytest.param(zipped(), "zip", id="zip"),
        pytest.param(gzip.compress(zipped()), "zip", id="zip in gzip"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7-Zip"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"\x1f\x9d\x90abc", "compress (.Z)"),
        (lzma.compress(b"x", format=lzma.FORMAT_ALONE), "LZMA without xz"),
        (b"LZIP\x01\x14", "lzip"),
        (b"nfcapd".ljust(257, b"\0") + b"ustar\0" + bytes(300), "tar"),
    ],
)
def test_another_compression_is_named(data: bytes, name: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(data, "k", DNS)
    expected = f"k: {name}: can't be unpacked; gzip, bzip2, xz, zstd, lz4 can, around one export"
    assert str(caught.value) == expected


def test_a_file_on_disk_is_known_by_its_content(export: bytes, tmp_path: Path) -> None:
    (tmp_path / "flows.zip").write_bytes(gzip.compress(export))
    assert decode((tmp_path / "flows.zip").read_bytes(), "k", DNS).report.rows == 500
