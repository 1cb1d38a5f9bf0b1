"""decode: the reader by content, wrappings undone, DNS kept, rates derived in one place."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from flow_rows import made_flows
from pyarrow import parquet

from dnsanom.errors import DecodeError
from dnsanom.netflow import decode, derive
from dnsanom.netflow.to_parquet import decode_to_parquet, rejected_path
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate.csv48 import write_csv
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("export") / "anything.csv"
    write_nfcapd(path, made_flows(500, key="made"), "edge")
    return path.read_bytes()


@pytest.mark.parametrize(("data", "begins"), [(b"", "is empty"), (b"JUNK\x03\x04", "begins with b'JUNK")])
def test_content_of_no_known_format_is_an_error(data: bytes, begins: str) -> None:
    with pytest.raises(DecodeError, match=f"k: {begins}.*can be read: nfcapd, "):
        decode(data, "k", DNS)


def some(rows: list[tuple[str, int, str, int, int]]) -> pa.Table:
    """Flows of (source, port, destination, port, protocol)."""
    flows = made_flows(len(rows)).to_pydict()
    for column, values in zip(
        ("src_ip", "src_port", "dst_ip", "dst_port", "protocol"), zip(*rows, strict=True), strict=True
    ):
        flows[column] = list(values)
    return pa.table(flows, schema=FLOW_SCHEMA)


@pytest.mark.parametrize("write", [lambda path, flows: write_nfcapd(path, flows, "edge"), write_csv])
def test_dns_is_a_port_at_either_end_and_fragments_between_the_same_two(
    write: Callable[[Path, pa.Table], None], tmp_path: Path
) -> None:
    a, b, c = "198.18.0.1", "198.51.100.10", "198.18.0.3"
    rows = [
        (a, 40000, b, 53, 17),
        (b, 853, "198.18.0.9", 40001, 6),
        (b, 0, a, 0, 17),  # a fragment of an answer to a
        (a, 0, b, 0, 17),
        (b, 0, c, 0, 17),  # no DNS between b and c
        (a, 0, b, 0, 1),  # ICMP echo reply: its ports are type and code
        (a, 40000, "240.0.0.1", 443, 6),
        (a, 0, b, 53, 1),
        ("2001:db8::1", 53, "2001:db8::2", 53, 17),
    ]
    write(tmp_path / "some", some(rows))
    decoded = decode((tmp_path / "some").read_bytes(), "some", DNS)
    assert decoded.flows["row"].to_pylist() == [0, 1, 2, 3, 8]
    assert (decoded.report.kept, decoded.report.dropped, decoded.report.rows) == (5, 4, 9)
    assert decode((tmp_path / "some").read_bytes(), "some", Dns(ports=(443,))).flows["row"].to_pylist() == [6]


def test_rates_are_0_without_a_duration() -> None:
    rates = derive(
        np.array([0.0, 2.0, -1.0, 1.0]), np.array([1.0, 4.0, 1.0, 0.0]), np.array([60.0, 400.0, 60.0, 0.0])
    )
    assert rates["pps"].tolist() == [0, 2, -1, 0]
    assert rates["bps"].tolist() == [0, 1600, -480, 0]
    assert rates["bpp"].tolist() == [60, 100, 60, 0]


def test_rates_of_no_time_are_numbers() -> None:
    rates = derive(np.array([1e-300, -1e-300, np.nan]), np.full(3, 1e9), np.full(3, 1e12))
    assert rates["bps"][:2].tolist() == [0, 0]
    assert np.isnan(rates["bps"][2])


def test_exports_go_into_one_parquet_file(export: bytes, tmp_path: Path) -> None:
    out = tmp_path / "new" / "flows.parquet"
    lines = list(decode_to_parquet([("a", export), ("b", gzip.compress(export))], out, DNS, "all"))
    assert lines[1] == "b: nfcapd layout 2, 500 rows: 500 flows kept"
    flows = parquet.read_table(out)
    assert flows.schema.equals(FLOW_SCHEMA)
    assert flows["export_key"].to_pylist() == ["a"] * 500 + ["b"] * 500
    assert len(parquet.read_table(rejected_path(out))) == 0


def test_an_export_that_can_not_be_read_leaves_no_file(export: bytes, tmp_path: Path) -> None:
    lines = decode_to_parquet([("a", export), ("b", export[:99])], tmp_path / "flows.parquet", DNS)
    with pytest.raises(DecodeError, match=r"^b: "):
        list(lines)
    assert list(tmp_path.iterdir()) == []
