"""Simulated files as nfdump packs and rewrites them: row for row what it prints itself."""

import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from flow_rows import made_flows
from nfdump_rows import as_printed, needs_nfdump, printed

from dnsanom.netflow import decode
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.params import Dns
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
KEY = "exports/nfcapd.202603020000"
#: What nfdump 1.7.1 offers, by number for -J; newer ones offer ZSTD, too.
OFFERED = {nf.LZO: "-z", nf.BZ2: "-j", nf.LZ4: "-y"}
pytestmark = needs_nfdump


@pytest.fixture(scope="module")
def flows() -> pa.Table:
    return made_flows(30_000, key=KEY)


@pytest.fixture
def written(flows: pa.Table, tmp_path: Path) -> Path:
    write_nfcapd(tmp_path / "nfcapd", flows, "isp-edge")
    return tmp_path / "nfcapd"


def nfdump(*arguments: str | Path) -> None:
    subprocess.run(["nfdump", *arguments], check=True, capture_output=True)


def compression(path: Path) -> int:
    return int(np.frombuffer(path.read_bytes(), nf.FILE_HEADER, 1)["compression"][0])


def hold(path: Path, flows: pa.Table) -> None:
    """Our rows are the flows, and what nfdump prints of the file."""
    decoded = decode(path.read_bytes(), KEY, DNS, keep="all").flows
    assert decoded.equals(flows)
    assert as_printed(decoded) == printed(path)


@pytest.mark.parametrize("number", OFFERED)
def test_a_file_packed_anew_in_its_place(written: Path, flows: pa.Table, number: int) -> None:
    nfdump("-r", written, "-J", str(number))
    assert compression(written) == number
    hold(written, flows)


@pytest.mark.parametrize("number", OFFERED)
def test_a_file_written_anew_and_packed(written: Path, flows: pa.Table, number: int) -> None:
    packed = written.with_name("packed")
    nfdump("-r", written, OFFERED[number], "-w", packed)
    assert compression(packed) == number
    hold(packed, flows)


def test_a_file_of_the_flows_that_a_filter_leaves(written: Path, flows: pa.Table) -> None:
    dns = written.with_name("dns")
    nfdump("-r", written, "-w", dns, "port 53")
    port = pa.compute.or_(*(pa.compute.equal(flows[c], 53) for c in ("src_port", "dst_port")))
    kept = flows.filter(port)
    row = kept.column_names.index("row")
    hold(dns, kept.set_column(row, "row", pa.array(np.arange(len(kept)))))
