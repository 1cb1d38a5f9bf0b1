"""What we write is what nfdump reads: every row and column, and the file's own figures."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from flow_rows import RATES, made_flows

from dnsanom.schema import TCP
from dnsanom.simulate.csv48 import HEADER, write_csv
from dnsanom.simulate.nfcapd import write_nfcapd

NFDUMP = shutil.which("nfdump")
needs_nfdump = pytest.mark.skipif(NFDUMP is None, reason="nfdump is not installed")
FIELDS = "ts te td pr sa sp da dp flg tos pkt byt pps bps bpp fl ra".split()  # noqa: SIM905
ICMP = 1


def nfdump(*arguments: str | Path) -> str:
    """nfdump's output, in UTC and with whole IPv6 addresses."""
    command = [str(NFDUMP), *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"TZ": "UTC"})
    assert not run.stderr
    return run.stdout


def printed(path: Path) -> dict[str, list[str]]:
    """Every row that nfdump prints, column by column."""
    text = nfdump("-6", "-q", "-N", "-r", path, "-o", "fmt:" + ",".join(f"%{field}" for field in FIELDS))
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    return dict(zip(FIELDS, map(list, zip(*rows, strict=True)), strict=True))


def stamps(ms: list[int]) -> list[str]:
    return pa.array(ms, pa.timestamp("ms")).cast(pa.string()).to_pylist()


@pytest.fixture(scope="module")
def flows() -> pa.Table:
    return made_flows(30_000)


@pytest.fixture(scope="module")
def written(flows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "nfcapd.202603020000"
    write_nfcapd(path, flows, "isp-edge")
    return path


@needs_nfdump
def test_nfdump_prints_every_row_as_written(flows: pa.Table, written: Path) -> None:
    got, columns = printed(written), flows.to_pydict()
    first = flows["first_seen"].cast(pa.int64()).to_pylist()
    last = [ms + round(d * 1000) for ms, d in zip(first, columns["duration"], strict=True)]
    assert got["ts"] == stamps(first)
    assert got["te"] == stamps(last)
    assert got["td"] == [f"{d:.3f}" for d in columns["duration"]]
    assert got["ra"] == [router or "0.0.0.0" for router in columns["exporter"]]
    same = {"pr": "protocol", "sa": "src_ip", "da": "dst_ip", "sp": "src_port", "tos": "tos", "fl": "flows"}
    for field, column in {**same, "pkt": "packets", "byt": "bytes"}.items():
        assert got[field] == [str(value) for value in columns[column]], field


@needs_nfdump
def test_nfdump_prints_flags_of_tcp_and_types_of_icmp(flows: pa.Table, written: Path) -> None:
    got, columns = printed(written), flows.to_pydict()
    for row, protocol in enumerate(columns["protocol"]):
        port, flags = columns["dst_port"][row], columns["tcp_flags"][row] if protocol == TCP else 0
        assert got["dp"][row] == (f"{port >> 8}.{port & 255}" if protocol == ICMP else str(port))
        assert int(got["flg"][row].translate(str.maketrans("CEUAPRSF.", "111111110")), 2) == flags


@needs_nfdump
def test_nfdump_derives_the_same_rates(flows: pa.Table, written: Path) -> None:
    got = printed(written)
    for field in ("pps", "bps", "bpp"):
        theirs, ours = np.array(got[field], float), np.asarray(flows[field])
        assert np.abs(theirs - np.floor(ours)).max() <= 1, field
        assert ((theirs == 0) | (ours > 0)).all()


@needs_nfdump
def test_nfdump_finds_the_file_sound_and_its_totals_right(flows: pa.Table, written: Path) -> None:
    checked = nfdump("-v", written)
    assert "Error" not in checked
    assert "not compressed" in checked
    totals = dict(line.split(": ", 1) for line in nfdump("-I", "-r", written).splitlines() if ": " in line)
    assert totals["Ident"] == "isp-edge"
    assert int(totals["Flows"]) == sum(flows["flows"].to_pylist())
    assert int(totals["Packets"]) == sum(flows["packets"].to_pylist())
    tcp = flows.filter(pa.compute.equal(flows["protocol"], TCP))
    assert int(totals["Bytes_tcp"]) == sum(tcp["bytes"].to_pylist())


@needs_nfdump
def test_nfdump_lists_exporters_with_their_sampling(flows: pa.Table, written: Path) -> None:
    listed = nfdump("-E", written)
    for router, rate in RATES.items():
        if router and rate:
            mine = listed[listed.index(f"{router},") :].split("SysID")[0]
            assert f"packet interval: 1, packet space: {rate - 1}" in mine
            assert f"flows: {flows['exporter'].to_pylist().count(router)}" in mine


@needs_nfdump
@pytest.mark.parametrize("count", [0, 1])
def test_nfdump_reads_a_file_of_few_flows(count: int, tmp_path: Path) -> None:
    path = tmp_path / "few"
    write_nfcapd(path, made_flows(count), "few")
    assert nfdump("-q", "-r", path, "-o", "line").count("->") == count


@needs_nfdump
def test_csv_is_nfdumps_to_the_byte(flows: pa.Table, written: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "ours.csv", flows, milliseconds=False)
    theirs = nfdump("-q", "-r", written, "-o", "csv")
    assert (tmp_path / "ours.csv").read_text() == f"{HEADER}\n{theirs}"


def test_same_flows_give_same_bytes(flows: pa.Table, written: Path, tmp_path: Path) -> None:
    write_nfcapd(tmp_path / "again", flows, "isp-edge")
    assert (tmp_path / "again").read_bytes() == written.read_bytes()


def test_provenance_may_be_missing(tmp_path: Path) -> None:
    bare = made_flows(50).drop_columns(["exporter", "sampling_rate", "export_key", "row"])
    write_nfcapd(tmp_path / "bare", bare, "bare")
    assert (tmp_path / "bare").stat().st_size > 50 * 76


def test_a_flow_between_ip_versions_is_refused(tmp_path: Path) -> None:
    flows = made_flows(3)
    flows = flows.set_column(flows.column_names.index("src_ip"), "src_ip", pa.array(["192.0.2.1"] * 3))
    flows = flows.set_column(
        flows.column_names.index("dst_ip"), "dst_ip", pa.array(["192.0.2.2", "::1", "::2"])
    )
    with pytest.raises(ValueError, match="flow 1: source and destination must be of one IP version"):
        write_nfcapd(tmp_path / "mixed", flows, "mixed")
    assert not (tmp_path / "mixed").exists()
