"""Real traffic, where it lies beside the project."""

import shutil
import subprocess
import time
from pathlib import Path

import pyarrow.compute as pc
import pytest
from nfdump_rows import as_printed, needs_nfdump, printed

from dnsanom.netflow import decode
from dnsanom.params import Dns

DATA = Path(__file__).parents[2].parent / "shared" / "data"
DNS = Dns(ports=(53, 853))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
CAPTURES = {
    "benign-resolver-client": 18_796,
    "tunnel-dnscat2-cname": 54,
    "tunnel-ozymandns": 17_067,
    "tunnel-dns2tcp": 38,
}


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_are_read_whole(name: str) -> None:
    data, began = (DATA / "captures" / f"{name}.csv.gz").read_bytes(), time.process_time()
    decoded = decode(data, name, DNS)
    took = time.process_time() - began
    assert decoded.report.kept == decoded.report.rows == CAPTURES[name]
    assert took < 2
    assert pc.min(decoded.flows["first_seen"]).as_py().year == 2023
    assert set(decoded.flows["protocol"].to_pylist()) <= {6, 17}


TEXTS = (
    "B-extended",
    "biline",
    "csv",
    "csv-q",
    "extended",
    "extended-N",
    "fmt",
    "line",
    "long",
    "pipe",
    "raw",
)
_COLUMNS = ("duration", "src_ip", "src_port", "dst_ip", "dst_port", "packets", "bytes")
#: The four flows; `raw` has the first alone, and where both ways were merged the first and the last are left.
_FOUR = [
    (3607.178, "192.168.117.128", 56_815, "198.46.158.57", 53, 9087, 827_276),
    (3607.178, "198.46.158.57", 53, "192.168.117.128", 56_815, 8358, 2_697_910),
    (0.034, "192.168.117.2", 53, "192.168.117.128", 38_462, 2, 198),
    (0.034, "192.168.117.128", 38_462, "192.168.117.2", 53, 2, 134),
]
FOUR = [dict(zip(_COLUMNS, flow, strict=True)) for flow in _FOUR]
#: Formats that print 2.7 M for 2,697,910.
ROUNDED = ("biline", "extended", "line", "long")


@pytest.mark.parametrize("name", TEXTS)
def test_each_text_of_nfdump_has_the_same_four_flows(name: str) -> None:
    decoded = decode((DATA / "nfdump-text" / f"iodine.{name}.txt").read_bytes(), name, DNS)
    expected = {"raw": FOUR[:1], "B-extended": FOUR[::3]}.get(name, FOUR)
    if name in ROUNDED:
        expected = [flow | {"bytes": 2_700_000} if flow["bytes"] == 2_697_910 else flow for flow in expected]
    assert decoded.flows.select(_COLUMNS).to_pylist() == expected
    assert decoded.report.rejected == 0
    assert set(decoded.flows["protocol"].to_pylist()) == {17}
    assert set(decoded.flows["flows"].to_pylist()) == {2 if name == "B-extended" else 1}
    assert decoded.report.format.endswith("counts rounded") == (name in ROUNDED)
    first = decoded.flows["first_seen"][0].as_py().isoformat(timespec="milliseconds")
    assert first == f"2023-09-04T00:50:06.{'000' if name.startswith('csv') else '822'}+00:00"


PORTSCAN = DATA / "nfcapd" / "nfcapd.portscan"


@needs_nfdump
def test_a_file_of_layout_1_is_read_as_nfdump_prints_it() -> None:
    decoded = decode(PORTSCAN.read_bytes(), "portscan", DNS, keep="all")
    assert (decoded.report.format, decoded.report.rows) == ("nfcapd layout 1", 4593)
    assert as_printed(decoded.flows) == printed(PORTSCAN)
    assert decode(PORTSCAN.read_bytes(), "portscan", DNS).report.kept == 16


@needs_nfdump
@pytest.mark.parametrize("arguments", [["-J", "1"], ["-J", "2"], ["-J", "3"], ["-z"], ["-j"], ["-y"], []])
def test_a_file_of_layout_1_that_nfdump_wrote_anew_is_the_same(arguments: list[str], tmp_path: Path) -> None:
    """-J packs the blocks and leaves their records as they were."""
    anew = tmp_path / "anew"
    shutil.copyfile(PORTSCAN, anew)
    if "-J" not in arguments:
        arguments = [*arguments, "-w", str(tmp_path / "written")]
    subprocess.run(["nfdump", "-r", str(anew), *arguments], check=True, capture_output=True)
    anew = anew if "-J" in arguments else tmp_path / "written"
    decoded = decode(anew.read_bytes(), "portscan", DNS, keep="all")
    assert decoded.report.format.startswith("nfcapd layout 2")
    assert decoded.flows.equals(decode(PORTSCAN.read_bytes(), "portscan", DNS, keep="all").flows)
    assert as_printed(decoded.flows) == printed(anew)
