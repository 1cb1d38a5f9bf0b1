"""nfdump's CSV: by the names of its header, and nothing malformed lost."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from flow_rows import made_flows

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate.csv48 import HEADER, write_csv

DNS = Dns(ports=(53, 853))
KEY = "exports/flows.csv"
FOOTER = "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n3,1,1,1,1,1\n"


def read(text: str | bytes) -> Decoded:
    return decode(text if isinstance(text, bytes) else text.encode(), KEY, DNS, keep="all")


def line(**cells: str) -> str:
    """A line under HEADER with these cells, and plain ones for the rest."""
    plain = {
        "ts": "2026-03-02 10:00:00.250",
        "te": "2026-03-02 10:00:01.750",
        "td": "1.500",
        "sa": "198.18.0.1",
        "da": "198.51.100.10",
        "sp": "40000",
        "dp": "53",
        "pr": "UDP",
        "flg": "........",
        "stos": "8",
        "ipkt": "3",
        "ibyt": "300",
        "ra": "192.0.2.1",
        **cells,
    }
    return ",".join(plain.get(name, "0") for name in HEADER.split(","))


def csv(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines]) + "\n"


def test_what_is_written_is_read_but_for_what_the_format_lacks(tmp_path: Path) -> None:
    flows = made_flows(5000, key=KEY)
    write_csv(tmp_path / "flows.csv", flows)
    decoded = read((tmp_path / "flows.csv").read_bytes())
    assert decoded.flows.schema == FLOW_SCHEMA
    assert decoded.report.missing == ("sampling_rate",)
    assert decoded.flows["sampling_rate"].null_count == 5000
    lacking = ["sampling_rate", "scaled_by", "flows"]
    assert decoded.flows.drop_columns(lacking).equals(flows.drop_columns(lacking))


def test_a_line_is_read_with_unit_and_type() -> None:
    (flow,) = read(csv(line())).flows.to_pylist()
    assert flow["first_seen"].isoformat() == "2026-03-02T10:00:00.250000+00:00"
    assert {k: flow[k] for k in ("duration", "pps", "bps", "bpp")} == {
        "duration": 1.5,
        "pps": 2.0,
        "bps": 1600.0,
        "bpp": 100.0,
    }
    assert (flow["protocol"], flow["tos"], flow["flows"], flow["exporter"]) == (17, 8, 1, "192.0.2.1")


def test_columns_are_found_by_name() -> None:
    turned = ",".join(reversed(HEADER.split(",")))
    cells = ",".join(reversed(line().split(",")))
    assert read(csv(cells, header=turned)).flows.equals(read(csv(line())).flows)
    few = [
        HEADER.split(",").index(name) for name in ("ts", "te", "sa", "da", "sp", "dp", "pr", "ipkt", "ibyt")
    ]
    text = csv(*(",".join(row.split(",")[i] for i in few) for row in [HEADER, line()])).partition("\n")[2]
    decoded = read(text)
    assert decoded.report.missing == ("tcp_flags", "tos", "exporter", "sampling_rate")
    assert decoded.flows["duration"].to_pylist() == [1.5]


@pytest.mark.parametrize(
    "text",
    [
        csv(line(), line()) + FOOTER,
        "\n\n  \n" + csv(line(), line()),
        "\ufeff" + csv(line(), "", line(), ""),
        csv(line(), line()).replace("\n", "\r\n") + FOOTER.replace("\n", "\r\n"),
        csv(line(), line()).rstrip("\n"),
        csv(line(), HEADER, HEADER, line(), HEADER),
        csv(line()) + FOOTER + csv(line()) + FOOTER,
        csv(line(), line()) + FOOTER[:20],
        "\n" + line() + "\n" + line() + "\n",
    ],
)
def test_headers_footers_blank_lines_and_line_ends_do_not_matter(text: str) -> None:
    decoded = read(text)
    assert decoded.flows.equals(read(csv(line(), line())).flows)
    assert decoded.report.rejected == 0


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"pr": "TCP"}, "protocol", 6),
        ({"pr": "ICMP6"}, "protocol", 58),
        ({"pr": "17"}, "protocol", 17),
        ({"pr": "200  "}, "protocol", 200),
        ({"flg": ".A....", "pr": "UDP"}, "tcp_flags", 16),
        ({"flg": "...AP.SF"}, "tcp_flags", 27),
        ({"flg": "CEUAPRSF"}, "tcp_flags", 255),
        ({"flg": "0x1b"}, "tcp_flags", 27),
        ({"sa": "2001:DB8:0::1", "da": "::1"}, "src_ip", "2001:db8::1"),
        ({"ra": "0.0.0.0"}, "exporter", None),
        ({"td": "-1.500"}, "duration", -1.5),
        ({"td": "4294967.296"}, "duration", 4294967.296),
        ({"ipkt": " 3 "}, "packets", 3),
        ({"ts": "2026-03-02T10:00:00.250999Z"}, "first_seen", datetime(2026, 3, 2, 10, 0, 0, 250_000, UTC)),
        ({"ts": "2026-03-02 11:00:00+01:00"}, "first_seen", datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_cells_as_they_come(cells: dict[str, str], column: str, value: object) -> None:
    assert read(csv(line(), line(**cells))).flows[column].to_pylist()[1] == value


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01 00:00:00", "1970-01-01 00:00:00.000"),
        ("0000-00-00 00:00:00.000", "1970-01-01 00:00:00.000"),
        ("2026-03-02 10:00:00.001999", "2026-03-02 10:00:00.001"),
        ("2026-03-02 10:00:00", "2026-03-02 10:00:00.000"),
        ("2026-03-02 10:00:00.001", "2026-03-02 10:00:00.001"),
    ],
)
def test_times_may_lack_milliseconds_and_lie_in_1970(text: str, moment: str) -> None:
    for other in (line(), line(td="x")):  # in bulk, and text by text
        stamps = (
            read(csv(line(ts=text), other)).flows["first_seen"].cast(pa.timestamp("ms")).cast(pa.string())
        )
        assert stamps[0].as_py() == moment


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line() + ",extra", "49 cells: the header has 48"),
        (line()[:40], "cells: the header has 48"),
        ("Summary", "1 cells: the header has 48"),
        (line(ipkt="2.7 M"), "ipkt '2.7 M': must be a whole number"),
        (line(ibyt=""), "ibyt '': must be a whole number"),
        (line(sa="300.1.2.3"), "sa '300.1.2.3': must be an IP address"),
        (line(da="198.51.100"), "da '198.51.100': must be an IP address"),
        (line(ra="router-1"), "ra 'router-1': must be an IP address"),
        (line(pr="UPD"), "pr 'UPD': must be a protocol's number"),
        (line(pr="256"), "pr '256': must be a protocol's number"),
        (line(flg="..A....."), "flg '..A.....': must be TCP flags"),
        (line(sp="dns"), "sp 'dns': must be a port"),
        (line(stos="99999"), "stos '99999': must be a number of one byte"),
        (line(td="nan"), "td 'nan': must be a number of seconds"),
        (line(ts="2026-13-02 10:00:00"), "ts '2026-13-02 10:00:00': must be a time"),
        (line(ipkt="9" * 30), "must be a whole number of at most 18 digits"),
    ],
)
def test_a_malformed_line_is_rejected_and_kept(bad: str, reason: str) -> None:
    decoded = read(csv(line(), bad, line()))
    assert decoded.flows["row"].to_pylist() == [0, 2]
    (rejected,) = decoded.rejected.to_pylist()
    assert (rejected["row"], rejected["raw"]) == (1, bad)
    assert reason in rejected["reason"]
    assert decoded.report.rows == 3


def test_bytes_that_are_not_text_fail_in_their_cell() -> None:
    data = csv(line(), line(ipkt="@"), line(mpls1="@")).encode().replace(b"@", b"\xff\xfe")
    decoded = read(data)
    assert decoded.flows["row"].to_pylist() == [0, 2]
    assert r"ipkt '\\xff\\xfe'" in decoded.rejected["reason"][0].as_py()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("ipkt", "x"), "header: ipkt missing"),
        (HEADER.replace(",td,", ",x,").replace(",te,", ",y,"), "header: td missing"),
        (HEADER.replace("opkt", "ipkt"), "header: column 'ipkt' stands there twice"),
    ],
)
def test_a_header_that_can_not_serve_is_an_error(header: str, message: str) -> None:
    with pytest.raises(DecodeError, match=f"{KEY}: {message}"):
        read(csv(line(), header=header))


def test_a_header_alone_is_no_flows() -> None:
    assert read(csv()).report.rows == 0
    assert read(csv() + FOOTER).report.rows == 0


def test_a_line_past_all_bounds_is_an_error() -> None:
    with pytest.raises(DecodeError, match=f"{KEY}: "):
        read(csv(line(), "x" * (9 << 20), line()))
