"""What the installed nfdump prints of a simulated file, in each of its formats, row for row."""

import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from flow_rows import made_flows

from dnsanom.netflow import Decoded, decode
from dnsanom.params import Dns
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
KEY = "exports/flows.txt"
pytestmark = pytest.mark.skipif(shutil.which("nfdump") is None, reason="nfdump is not installed")
#: What no format has; then what each lacks beside.
NOWHERE = {"sampling_rate", "scaled_by"}
NO_EXPORTER = {"exporter"}
SHORT = {"tcp_flags", "tos", "exporter"}
FMT = "fmt:%ts|%tds|%pr|%sa|%sp|%da|%dp|%flg|%tos|%pkt|%byt|%fl|%ra|%in|%eng|%opkt"
ODD = "fmt:%da %sas %dp <- %sa,%sp;%byt %ipkt %pr %te %tr %ts %fl"


@pytest.fixture(scope="module")
def flows() -> pa.Table:
    return made_flows(4000, key=KEY)


@pytest.fixture(scope="module")
def nfcapd(flows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "nfcapd"
    write_nfcapd(path, flows, "isp-edge")
    return path


def printed(nfcapd: Path, *options: str) -> bytes:
    """What nfdump prints of a file, its times in UTC."""
    command, utc = ["nfdump", "-r", str(nfcapd), *options], {**os.environ, "TZ": "UTC"}
    return subprocess.run(command, check=True, capture_output=True, env=utc).stdout


def read(data: bytes) -> Decoded:
    return decode(data, KEY, DNS, keep="all")


@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["", "quiet"])
@pytest.mark.parametrize(
    ("options", "lacking"),
    [
        (("-o", "line", "-6"), SHORT),
        (("-o", "long", "-6", "-N"), NO_EXPORTER),
        (("-o", "extended", "-6"), NO_EXPORTER),
        (("-o", "extended", "-6", "-N"), NO_EXPORTER),
        (("-o", "biline", "-6"), SHORT),
        (("-o", "bilong", "-6"), NO_EXPORTER),
        (("-o", "pipe"), NO_EXPORTER | {"flows"}),
    ],
    ids=lambda value: "-".join(value[1:]) if isinstance(value, tuple) else None,
)
def test_each_format_is_read_row_for_row(
    nfcapd: Path, flows: pa.Table, options: tuple[str, ...], lacking: set[str], quiet: tuple[str, ...]
) -> None:
    decoded = read(printed(nfcapd, *options, *quiet))
    assert set(decoded.report.missing) | NOWHERE == NOWHERE | lacking - {"flows"}
    assert decoded.report.rejected == 0
    has = [name for name in flows.column_names if name not in NOWHERE | lacking]
    assert decoded.flows.select(has).equals(flows.select(has))


@pytest.mark.parametrize(("form", "lacking"), [(FMT, set()), (ODD, {"tcp_flags", "tos", "exporter"})])
def test_a_format_of_ones_own_is_read_by_its_header(
    nfcapd: Path, flows: pa.Table, form: str, lacking: set[str]
) -> None:
    decoded = read(printed(nfcapd, "-6", "-o", form))
    assert set(decoded.report.missing) | NOWHERE == NOWHERE | lacking
    has = [name for name in flows.column_names if name not in NOWHERE | lacking]
    assert decoded.flows.select(has).equals(flows.select(has))


def test_raw_records_are_read_but_for_the_service_of_icmp(nfcapd: Path, flows: pa.Table) -> None:
    decoded = read(printed(nfcapd, "-o", "raw"))
    icmp = pc.equal(flows["protocol"], 1)
    assert decoded.flows["tos"].filter(icmp).null_count == pc.sum(icmp).as_py() > 0
    tos = pc.if_else(icmp, pa.scalar(None, pa.int16()), flows["tos"])
    expected = flows.set_column(flows.column_names.index("tos"), "tos", tos).drop_columns(sorted(NOWHERE))
    assert decoded.flows.drop_columns(sorted(NOWHERE)).equals(expected)


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_csv_is_read_but_for_the_milliseconds_that_it_lacks(
    nfcapd: Path, flows: pa.Table, quiet: tuple[str, ...]
) -> None:
    decoded = read(printed(nfcapd, "-o", "csv", *quiet))
    lacking = [*sorted(NOWHERE), "first_seen", "flows"]
    assert decoded.flows.drop_columns(lacking).equals(flows.drop_columns(lacking))
    assert decoded.flows["first_seen"].equals(pc.floor_temporal(flows["first_seen"], unit="second"))


def test_shortened_addresses_are_rejected_and_the_others_read(nfcapd: Path, flows: pa.Table) -> None:
    decoded = read(printed(nfcapd, "-o", "long"))
    long = [any(len(row[c]) > 16 for c in ("src_ip", "dst_ip")) for row in flows.to_pylist()]
    assert decoded.rejected["row"].to_pylist() == [n for n, cut in enumerate(long) if cut] != []
    assert all(
        "nfdump cuts IPv6 short unless it is told -6" in r for r in decoded.rejected["reason"].to_pylist()
    )
    has = [name for name in flows.column_names if name not in NOWHERE | NO_EXPORTER]
    whole = flows.filter(pa.array([not cut for cut in long]))
    assert decoded.flows.select(has).equals(whole.select(has))
    assert "->" in decoded.rejected["raw"][0].as_py()


def test_both_ways_in_one_line_are_rejected(flows: pa.Table, tmp_path: Path) -> None:
    udp = flows.filter(pc.and_(pc.equal(flows["protocol"], 17), pc.greater(flows["src_port"], 0))).slice(
        0, 90
    )
    turned = {"src_ip": "dst_ip", "dst_ip": "src_ip", "src_port": "dst_port", "dst_port": "src_port"}
    back = udp.slice(0, 30).rename_columns([turned.get(name, name) for name in udp.column_names])
    write_nfcapd(tmp_path / "both", pa.concat_tables([udp, back.select(udp.column_names)]), "isp-edge")
    decoded = read(printed(tmp_path / "both", "-b", "-6", "-o", "bilong"))
    assert (decoded.report.kept, decoded.report.rejected) == (60, 30)
    assert all("both ways in one line" in reason for reason in decoded.rejected["reason"].to_pylist())


def test_aggregated_lines_say_how_many_flows_they_are(flows: pa.Table, tmp_path: Path) -> None:
    write_nfcapd(tmp_path / "twice", pa.concat_tables([flows, flows]), "isp-edge")
    decoded = read(printed(tmp_path / "twice", "-a", "-6", "-N", "-o", "extended"))
    assert (decoded.report.kept, decoded.report.rejected) == (len(flows), 0)
    for name in ("packets", "bytes", "flows"):
        assert pc.sum(decoded.flows[name]).as_py() == 2 * pc.sum(flows[name]).as_py()


def test_joined_exports_are_read_as_one(nfcapd: Path, flows: pa.Table) -> None:
    for options in (("-o", "extended", "-6"), ("-o", "csv"), ("-o", "raw")):
        data = printed(nfcapd, *options)
        decoded = read(data + data)
        assert (decoded.report.kept, decoded.report.rejected) == (2 * len(flows), 0)
        assert decoded.flows["row"].to_pylist() == list(range(2 * len(flows)))
