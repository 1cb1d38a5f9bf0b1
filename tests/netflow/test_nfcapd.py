"""nfcapd files: what is written is read, every kind of element and exporter, and every lie is found."""

import struct
from pathlib import Path

import nfcapd_bytes as made
import numpy as np
import pyarrow as pa
import pytest
from flow_rows import made_flows

from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow import Decoded, decode
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
KEY = "exports/nfcapd.202603020000"
FLOW = made.flow(made.generic(), made.ipv4())


def read(data: bytes) -> Decoded:
    return decode(data, KEY, DNS, keep="all")


@pytest.fixture(scope="module")
def flows() -> pa.Table:
    return made_flows(30_000, key=KEY)


@pytest.fixture(scope="module")
def written(flows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "nfcapd"
    write_nfcapd(path, flows, "isp-edge")
    return path


def test_what_is_written_is_read(flows: pa.Table, written: Path) -> None:
    decoded = read(written.read_bytes())
    assert decoded.flows.schema == FLOW_SCHEMA
    assert decoded.flows.equals(flows)
    assert (decoded.report.rows, decoded.report.rejected, decoded.report.missing) == (30_000, 0, ())


@pytest.mark.parametrize("compression", made.PACK)
def test_packed_blocks_are_opened(flows: pa.Table, written: Path, compression: int) -> None:
    assert read(made.packed(written.read_bytes(), compression)).flows.equals(flows)


def test_elements_of_no_concern_are_passed_over() -> None:
    others = [made.element(kind, bytes(size)) for kind, size in ((4, 16), (28, 13), (40, 7), (999, 50))]
    shuffled = [made.flow(others[i], made.generic(), *others[:i], made.ipv4()) for i in range(4)]
    decoded = read(made.nfcapd(made.block(*shuffled, FLOW)))
    assert decoded.flows["src_ip"].to_pylist() == ["198.18.0.1"] * 5
    assert decoded.flows["bytes"].to_pylist() == [200] * 5


def test_many_layouts_of_one_size_are_read() -> None:
    draw = np.random.default_rng(3)
    records = []
    for n in range(500):
        parts = [
            made.generic(packets=n + 1),
            made.ipv4(src=n),
            made.element(4, bytes(16)),
            made.element(50, b"ab"),
        ]
        records.append(made.flow(*(parts[i] for i in draw.permutation(4))))
    decoded = read(made.nfcapd(made.block(*records)))
    assert decoded.flows["packets"].to_pylist() == list(range(1, 501))
    assert decoded.flows["src_ip"].to_pylist() == [f"0.0.{n >> 8}.{n & 255}" for n in range(500)]


def test_a_record_word_inside_a_record_does_not_mislead() -> None:
    word = int.from_bytes(FLOW[:4], "little")
    records = [made.flow(made.generic(), made.ipv4(src=word)), FLOW, made.exporter(1, word)]
    decoded = read(made.nfcapd(made.block(FLOW, FLOW), made.block(*records)))
    assert decoded.flows["src_ip"].to_pylist()[2:] == ["0.76.0.11", "198.18.0.1"]


def test_a_record_of_unseen_size_after_many_alike_does_not_mislead() -> None:
    """Where a false record word makes up for the record that was not looked for."""
    large = made.flow(made.generic(packets=9), made.ipv4(), made.element(50, bytes(72) + FLOW))
    assert len(large) == 3 * len(FLOW)
    decoded = read(made.nfcapd(made.block(FLOW, FLOW), made.block(FLOW, large), made.block(large, FLOW)))
    assert decoded.flows["packets"].to_pylist() == [2, 2, 2, 9, 9, 2]


def test_records_of_many_sizes_are_read() -> None:
    """As a collector leaves them that keeps payloads."""
    draw = np.random.default_rng(4)
    parts = [
        [made.generic(packets=n + 1), made.element(32, bytes(n % 301)), made.ipv4(src=n)] for n in range(900)
    ]
    records = [made.flow(*(part[i] for i in draw.permutation(3))) for part in parts]
    decoded = read(made.nfcapd(made.block(*records[:400]), made.block(*records[400:])))
    assert decoded.flows["packets"].to_pylist() == list(range(1, 901))
    assert decoded.flows["src_ip"].to_pylist() == [f"0.0.{n >> 8}.{n & 255}" for n in range(900)]


def test_an_event_keeps_its_row_with_nothing_where_it_says_nothing() -> None:
    nat = made.flow(made.ipv4(), made.element(25, bytes(16)))
    frame = made.flow(made.generic(), made.element(38, bytes(36)))
    zero = made.flow(made.generic(packets=0), made.ipv4())
    flows = read(made.nfcapd(made.block(nat, frame, zero))).flows.to_pylist()
    silent = ("first_seen", "duration", "protocol", "src_port", "dst_port", "packets", "bytes", "bps", "bpp")
    assert [flows[0][name] for name in silent] == [None] * 9
    assert (flows[0]["src_ip"], flows[1]["src_ip"], flows[1]["bytes"]) == ("198.18.0.1", None, 200)
    assert (flows[2]["packets"], flows[2]["bpp"]) == (0, 0)


def test_a_block_of_unknown_type_is_kept_as_a_row() -> None:
    data = made.nfcapd(
        made.block(FLOW), made.block(b"12345", kind=7), made.block(b"12", kind=4), made.block(FLOW)
    )
    decoded = read(data)
    assert decoded.flows["row"].to_pylist() == [0, 2]
    assert decoded.rejected["reason"].to_pylist() == ["block of type 7: only 2 and 3 can be read"]


def test_exporter_comes_from_the_record_or_from_its_number() -> None:
    received = made.element(12, (0xC0000202).to_bytes(4, "little"))
    unset = made.element(12, bytes(4))
    flows = [
        made.flow(made.generic(), made.ipv4(), exporter=1),
        made.flow(made.generic(), made.ipv4(), received, exporter=1),
        made.flow(made.generic(), made.ipv4(), unset, exporter=1),
        made.flow(made.generic(), made.ipv4(), exporter=2),
    ]
    decoded = read(made.nfcapd(made.block(made.exporter(1, 0xC0000201), *flows)))
    assert decoded.flows["exporter"].to_pylist() == ["192.0.2.1", "192.0.2.2", "192.0.2.1", None]
    assert decoded.flows["row"].to_pylist() == [0, 1, 2, 3]


def test_exporters_of_any_version_and_system_are_named() -> None:
    mapped, wide = (
        bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 8]),
        bytes([32, 1, 13, 184]) + bytes(11) + b"\1",
    )
    halves = wide[7::-1] + wide[:7:-1]
    told = [(mapped, 0), (wide, 0), (halves, nf.AF_INET6), (halves, 28), (halves, 30)]
    who = [made.record(7, struct.pack("<I16sHHI", 10, ip, f, n, 0)) for n, (ip, f) in enumerate(told)]
    flows = [made.flow(made.generic(), made.ipv4(), exporter=n) for n in range(5)]
    decoded = read(made.nfcapd(made.block(*who, *flows)))
    assert decoded.flows["exporter"].to_pylist() == ["192.0.2.8", *["2001:db8::1"] * 4]


@pytest.mark.parametrize(
    ("samplers", "rate"),
    [
        ([], None),
        ([(nf.GENERAL, 1, 99)], 100),
        ([(nf.DEFAULT, 1, 9), (nf.GENERAL, 1, 99)], 100),
        ([(nf.GENERAL, 1, 99), (nf.OVERRULING, 1, 511)], 512),
        ([(nf.GENERAL, 1, 99), (4, 10, 990)], 100),
        ([(4, 1, 9), (5, 1, 99)], None),
        ([(4, 2, 3)], None),
        ([(4, 0, 3)], None),
        ([(nf.GENERAL, 1, 99), (nf.GENERAL, 1, 999)], 1000),
    ],
)
def test_sampling_rate_is_the_sampler_in_force(
    samplers: list[tuple[int, int, int]], rate: int | None
) -> None:
    records = [made.sampler(1, *sampler) for sampler in samplers]
    flow = made.flow(made.generic(), made.ipv4(), exporter=1)
    decoded = read(made.nfcapd(made.block(made.exporter(1, 1), *records, flow, FLOW)))
    assert decoded.flows["sampling_rate"].to_pylist() == [rate, None]


def test_sampling_rate_changes_where_its_record_stands() -> None:
    flow = made.flow(made.generic(), made.ipv4(), exporter=1)
    first, then = made.sampler(1, nf.GENERAL, 1, 9), made.sampler(1, nf.GENERAL, 1, 99)
    decoded = read(made.nfcapd(made.block(flow, first, flow), made.block(then, flow, flow)))
    assert decoded.flows["sampling_rate"].to_pylist() == [None, 10, 100, 100]


def test_legacy_samplers_and_a_records_own_are_read() -> None:
    legacy = made.record(9, (7).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(2) + b"\x01\0")
    named = [made.element(18, struct.pack("<qHH", selector, 1, 0)) for selector in (7, 8, 9)]
    flows = [made.flow(made.generic(), made.ipv4(), *extra, exporter=1) for extra in ((), *zip(named))]
    decoded = read(made.nfcapd(made.block(legacy, *flows, made.sampler(1, 8, 1, 7), *flows)))
    assert decoded.flows["sampling_rate"].to_pylist() == [64, 64, 64, 64, None, 64, 8, None]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (made.flow(made.generic(first=2**62), made.ipv4()), "after the year 9999"),
        (made.flow(made.generic(packets=2**63), made.ipv4()), "packets: 2^63 or more"),
        (made.flow(made.element(1, bytes(20)), made.ipv4()), "element 1: length 24 must be 52 to"),
        (made.flow(made.generic(), made.ipv4(), count=3), "ends before its last element"),
        (made.flow(made.generic(), made.ipv4(), count=999), "999 elements: at most 128"),
        (made.record(11, b"\0\0"), "size 6 is less than its header's 12"),
        (made.record(16, bytes(60)), "record type 16: only 11, 10 and 1, flows, can be read"),
        (made.record(10, bytes(60)), "extension map 0: no such map stands before the record"),
        (made.record(10, bytes(9)), "common record: its fixed part takes 28 bytes, it has fewer"),
    ],
)
def test_a_record_that_is_no_flow_is_rejected_and_kept(record: bytes, reason: str) -> None:
    decoded = read(made.nfcapd(made.block(FLOW, record, FLOW)))
    assert decoded.flows["row"].to_pylist() == [0, 2]
    (rejected,) = decoded.rejected.to_pylist()
    assert (rejected["row"], rejected["raw"]) == (1, record.hex())
    assert reason in rejected["reason"]
    assert (decoded.report.rows, decoded.report.kept, decoded.report.rejected) == (3, 2, 1)


BLOCK = made.block(FLOW, FLOW)


APPENDED = made.nfcapd(BLOCK, appendix_blocks=1, appendix_at=204) + made.block(made.record(0x8001, b"edge"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (made.nfcapd(BLOCK)[:30], "30 bytes: an nfcapd file header takes 40"),
        (made.nfcapd(BLOCK)[:45], "block 0 of 1: the file ends before its header"),
        (made.nfcapd(BLOCK)[:-1], "block 0: size 152 is past the file's end, 151 bytes are left"),
        (made.nfcapd(BLOCK, blocks=9), "block 1 of 9: the file ends before its header"),
        (made.nfcapd(BLOCK, blocks=0), "0 blocks, and 164 bytes follow: not closed by its collector yet"),
        (made.nfcapd(), "0 blocks, and 0 bytes follow: not closed by its collector yet"),
        (APPENDED[:210], "block 0 of the appendix is past the file's end"),
        (APPENDED[:-1], "block 0 of the appendix is past the file's end"),
    ],
)
def test_a_file_whose_end_is_missing_is_told_from_a_broken_one(data: bytes, message: str) -> None:
    with pytest.raises(UnfinishedError) as caught:
        read(data)
    assert str(caught.value) == f"{KEY}: {message}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (made.nfcapd(BLOCK, BLOCK, blocks=1), "blocks end at byte 204, the header says 368"),
        (made.nfcapd(BLOCK, appendix_blocks=1, appendix_at=9), "blocks end at byte 204, the header says 9"),
        (made.nfcapd(made.block(FLOW, count=2)), "block 0: record 1 of 2: the block ends before it"),
        (
            made.nfcapd(made.block(FLOW, FLOW, count=1)),
            "block 0: 1 records take 76 bytes, its header says 152",
        ),
        (made.nfcapd(made.block(FLOW, count=0)), "block 0: 0 records"),
        (
            made.nfcapd(made.block(FLOW, made.record(11, b"")[:2] + b"\xff\xff")),
            "record 1: size 65,535 must be",
        ),
        (made.nfcapd(made.block(FLOW, bytes(4))), "record 1: size 0 must be"),
        (made.nfcapd(BLOCK, compression=1), "block 0: LZO: "),
        (made.nfcapd(BLOCK, compression=2), "block 0: BZ2: Invalid data stream"),
        (made.nfcapd(BLOCK, compression=3), "block 0: LZ4: "),
        (made.nfcapd(BLOCK, compression=4), "block 0: ZSTD: "),
        (made.nfcapd(BLOCK, compression=5), "compression 5: known are 0 to 4"),
        (made.nfcapd(BLOCK, encryption=1), "encryption 1"),
        (made.nfcapd(BLOCK, layout=3), "nfcapd layout 3"),
        (made.nfcapd(BLOCK, magic=0x0CA5), "big-endian"),
        (made.nfcapd(made.block(made.record(7, bytes(9)))), "exporter record at byte 52: size 13 must be 32"),
        (made.nfcapd(made.block(made.record(15, bytes(9)))), "sampler record at byte 52: size 13 must be 24"),
    ],
)
def test_a_lie_in_a_header_is_named(data: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(data)
    assert not isinstance(caught.value, UnfinishedError)
    assert str(caught.value).startswith(f"{KEY}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("compression", made.PACK)
def test_a_block_that_unpacks_without_end_is_refused(compression: int) -> None:
    bomb = made.PACK[compression](bytes(64 << 20))
    data = made.nfcapd(made.block(bomb, count=1), compression=compression)
    with pytest.raises(DecodeError, match=r"block 0: \w+: (more than 5,242,880 bytes|LZ4 decompress failed)"):
        read(data)


def test_a_file_without_flows_is_read() -> None:
    decoded = read(made.nfcapd(appendix_at=40, appendix_blocks=1) + made.block(made.record(0x8001, b"edge")))
    assert decoded.report.rows == 0
    assert decoded.flows.schema == FLOW_SCHEMA
