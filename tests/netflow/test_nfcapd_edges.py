"""nfcapd files at their edges: records that end the data, samplers that outrank others, limits of blocks."""

import struct

import layout1_bytes as old
import nfcapd_bytes as made
import pytest

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import records, unpack
from dnsanom.params import Dns

DNS = Dns(ports=(53, 853), window_seconds=60)
KEY = "exports/nfcapd"
FLOW = made.flow(made.generic(), made.ipv4())
WEB = made.flow(made.generic(port=443), made.ipv4())


def read(data: bytes) -> Decoded:
    return decode(data, KEY, DNS, keep="all")


def test_the_oldest_records_name_their_exporter_in_a_byte() -> None:
    who = [made.exporter(n, 0xC0000200 + n) for n in (1, 200)]
    flows = [old.flow(0, kind=old.COMMON_V0, exporter=n) for n in (1, 200)]
    decoded = read(old.layout1(old.block(*who, old.extension_map(0), *flows)))
    assert decoded.flows["exporter"].to_pylist() == ["192.0.2.1", "192.0.2.200"]


@pytest.mark.parametrize(
    ("told", "selector", "rate"),
    [
        ([(7, 1, 9), (nf.OVERRULING, 1, 63)], 7, 64),
        ([(4, 1, 9), (4, 1, 99)], 0, 100),
        ([(4, 1, 9), (5, 1, 99), (4, 1, 99)], 0, 100),
    ],
)
def test_the_last_word_of_a_sampler_counts(
    told: list[tuple[int, int, int]], selector: int, rate: int
) -> None:
    named = made.element(18, struct.pack("<qHH", selector, 1, 0))
    flow = made.flow(made.generic(), made.ipv4(), named, exporter=1)
    decoded = read(made.nfcapd(made.block(*[made.sampler(1, *one) for one in told], flow)))
    assert decoded.flows["sampling_rate"].to_pylist() == [rate]


@pytest.mark.parametrize("last", [made.record(11, b"\0\0"), made.record(11, bytes(8)), made.record(10, b"")])
def test_a_short_record_may_end_the_data(last: bytes) -> None:
    data = made.nfcapd(made.block(FLOW, last))
    assert read(data).report.rows == 2
    assert read(made.packed(data, nf.LZ4)).rejected.equals(read(data).rejected)


def test_a_record_too_short_for_its_ports_is_rejected_at_its_row() -> None:
    """It would show the ports of the record after it."""
    cut = made.record(11, WEB[4:40])
    cut_old = made.record(10, bytes(20))
    decoded = decode(made.nfcapd(made.block(WEB, cut, WEB, cut_old, WEB, FLOW)), KEY, DNS)
    assert decoded.flows["row"].to_pylist() == [5]
    assert decoded.rejected["row"].to_pylist() == [1, 3]
    assert decoded.rejected["raw"].to_pylist() == [cut.hex(), cut_old.hex()]
    assert decoded.report.dropped == 3


@pytest.mark.parametrize("compression", made.PACK)
def test_a_block_that_is_marked_as_not_packed_is_taken_as_it_is(compression: int) -> None:
    plain = struct.pack("<IIHH", 1, len(FLOW), 3, nf.BLOCK_UNCOMPRESSED) + FLOW
    packed = made.PACK[compression](FLOW)
    data = made.nfcapd(plain, made.block(packed, count=1), compression=compression)
    assert read(data).flows["row"].to_pylist() == [0, 1]


def test_an_lzo_block_that_may_outgrow_memory_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "_LZO_LIMIT", 1000)
    data = made.nfcapd(made.block(made.PACK[nf.LZO](FLOW), count=1), compression=nf.LZO)
    with pytest.raises(DecodeError, match=r"block 0: LZO: may grow to [\d,]+ bytes: 1,000 are the limit"):
        read(data)


def test_blocks_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LIMIT", 100)
    data = made.nfcapd(made.block(FLOW), made.block(FLOW))
    assert read(data).report.rows == 2
    with pytest.raises(DecodeError, match="block 1: more than 100 bytes so far when decompressed"):
        read(made.packed(data, nf.ZSTD))
