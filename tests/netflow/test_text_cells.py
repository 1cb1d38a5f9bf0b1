"""Values as they are printed: units, days, ICMP, addresses with their port, times and letters."""

from datetime import UTC, datetime

import pytest
from text_samples import CHOSEN_CSV, CSV, EXTENDED, OLD_LONG, OLD_PIPE, OLD_RAW, PIPE, PMACCT, RWCUT

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode, lines
from dnsanom.netflow.text import nfdump_raw
from dnsanom.params import Dns

DNS = Dns(ports=(53, 853))
KEY = "exports/flows.txt"


def read(text: str) -> Decoded:
    return decode(text.encode(), KEY, DNS, keep="all")


def first(text: str, old: str, new: str, column: str) -> object:
    """The first flow's value of a column when a cell is another."""
    assert old in text
    decoded = read(text.replace(old, new, 1))
    assert decoded.rejected.to_pylist() == []
    return decoded.flows[column][0].as_py()


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        ("     300 ", "   2.7 M ", "bytes", 2_700_000),
        ("     300 ", " 999.9 G ", "bytes", 999_900_000_000),
        ("     300 ", "   1.0 T ", "bytes", 1_000_000_000_000),
        ("       3 ", "   1.5 K ", "packets", 1500),
        ("00:00:01.500", "01:00:07.178", "duration", 3607.178),
        ("    00:00:01.500", " 1d 02:03:04.567", "duration", 93_784.567),
        ("    00:00:01.500", "49d 17:02:47.296", "duration", 4_294_967.296),
        ("00:00:01.500", "00:00:-1.500", "duration", -1.5),
        ("00:00:01.500", "      -1.500", "duration", -1.5),
        (
            "2026-03-02 10:00:00.250",
            "1970-01-01 00:00:00.001",
            "first_seen",
            datetime(1970, 1, 1, 0, 0, 0, 1000, UTC),
        ),
        (
            "2026-03-02 10:00:00.250",
            "0000-00-00 00:00:00.000",
            "first_seen",
            datetime(1970, 1, 1, tzinfo=UTC),
        ),
        ("198.51.100.10:53 ", "198.51.100.10:11.0 ", "dst_port", 2816),
        ("198.51.100.10:53 ", "::ffff:1.2.3.4.53 ", "dst_ip", "::ffff:1.2.3.4"),
        ("198.51.100.10:53 ", "2001:db8::1d.135.0 ", "dst_ip", "2001:db8::1d"),
        ("198.51.100.10:53 ", "2001:db8::1d.135.0 ", "dst_port", 34_560),
        ("198.51.100.10:53 ", "198.51.100.10(DE):53 ", "dst_ip", "198.51.100.10"),
        ("........ ", "CEUAPRSF ", "tcp_flags", 255),
        ("UDP  ", "132  ", "protocol", 132),
        ("UDP  ", "AX.25", "protocol", 93),
        ("    1\n", "  214\n", "flows", 214),
    ],
)
def test_a_line_for_people(old: str, new: str, column: str, value: object) -> None:
    assert first(EXTENDED, old, new, column) == value


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "198.51.100.10:53 ",
            "2001:db..00:1d.53 ",
            "Dst IP Addr '2001:db..00:1d': must be an IP address: nfdump cuts",
        ),
        ("198.51.100.10:53 ", "198.51.100.10 ", "Dst Pt '198.51.100.10': must be a port"),
        ("198.51.100.10:53 ", "198.51.100.10:dns ", "must be an IP address"),
        ("     300 ", "  2.75 M ", "Bytes '2.75M': must be a whole number, or as 2.7 M"),
        ("     300 ", "   2.7 P ", "15 words: the columns take 14"),
        ("00:00:01.500", "  0:1:2:3.4 ", "Duration '0:1:2:3.4': must be a duration"),
        ("00:00:01.500", "inf         ", "Duration 'inf': must be a duration"),
        ("........ ", "ABCDEFGH ", "Flags 'ABCDEFGH': must be TCP flags"),
        ("    1\n", "\n", "13 words: the columns take 14"),
    ],
)
def test_a_line_for_people_that_is_no_flow(old: str, new: str, reason: str) -> None:
    text = EXTENDED.replace(old, new, 1)
    decoded = read(text)
    (rejected,) = decoded.rejected.to_pylist()
    assert reason in rejected["reason"]
    assert rejected["raw"] == text.split("\n")[1]
    assert decoded.flows["row"].to_pylist() == [1, 2]


def test_a_format_of_ones_own_may_end_in_a_unit_and_have_addresses_side_by_side() -> None:
    header = "Proto Src Pt                   Src IP Addr                       Dst IP Addr:Port "
    flow = "UDP    40000                 2001:db8::1d                  2001:db8:53::2.53    "
    form = f"{header} Date first seen             Duration     Packets    Bytes\n"
    text = form + f"{flow} 2026-03-02 10:00:00.250 |  1d 00:00:00.000 |   3 |   2.7 M\n" * 2
    decoded = read(text)
    assert decoded.report.rejected == 0
    assert decoded.flows["src_ip"].to_pylist() == ["2001:db8::1d"] * 2
    assert decoded.flows["bytes"].to_pylist() == [2_700_000] * 2
    assert decoded.flows["duration"].to_pylist() == [86_400.0] * 2


def test_flags_of_1_6_may_be_a_number() -> None:
    assert first(OLD_LONG, "......", "  0x52", "tcp_flags") == 0x52


def test_counts_are_said_to_be_rounded_only_where_they_are() -> None:
    assert read(EXTENDED).report.format == "nfdump text"
    assert read(EXTENDED.replace("     300 ", "   2.7 M ")).report.format == "nfdump text, counts rounded"


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        (
            "2026-03-02 10:00:00.250",
            "1772445600.250",
            "first_seen",
            datetime(2026, 3, 2, 10, 0, 0, 250_000, UTC),
        ),
        (
            "2026-03-02 10:00:00.250",
            "0000-00-00 00:00:00.000",
            "first_seen",
            datetime(1970, 1, 1, tzinfo=UTC),
        ),
        (",53,", ",135.0,", "dst_port", 34_560),
    ],
)
def test_csv_since_1_7_5(old: str, new: str, column: str, value: object) -> None:
    assert first(CSV, old, new, column) == value


def test_of_two_names_for_a_column_the_first_is_read() -> None:
    both = CHOSEN_CSV.replace("received,firstSeen", "tos,firstSeen").replace(
        "0.000,1772445600", "99,1772445600"
    )
    assert read(both).flows["tos"].to_pylist()[0] == 8


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        (
            "2026-03-02 10:00:00.250000",
            "1772445600.250000",
            "first_seen",
            datetime(2026, 3, 2, 10, 0, 0, 250_000, UTC),
        ),
        ("2026-03-02 10:00:00.250000", "2026-03-02T11:00:00.250000+01:00", "duration", 1.5),
        ("udp", "ipv6-icmp", "protocol", 58),
        ("udp", "ipip", "protocol", 94),
        ("udp", "17", "protocol", 17),
    ],
)
def test_pmacct(old: str, new: str, column: str, value: object) -> None:
    assert first(PMACCT, old, new, column) == value


def test_pmacct_counts_are_as_seen_where_it_tells_a_rate() -> None:
    assert set(read(PMACCT).flows["scaled_by"].to_pylist()) == {1}
    unknown = read(PMACCT.replace(",100,", ",0,")).flows
    assert unknown["sampling_rate"].null_count == unknown["scaled_by"].null_count == len(unknown)


@pytest.mark.parametrize("separator", [";", "|", "\t"])
def test_pmacct_with_another_separator(separator: str) -> None:
    assert read(PMACCT.replace(",", separator)).flows.equals(read(PMACCT).flows)


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        ("2026/03/02T10:00:00.250", " 2026-03-02 10:00:00.25", "duration", 1.5),
        (
            "2026/03/02T10:00:00.250",
            "03/02/2026 10:00:00.250",
            "first_seen",
            datetime(2026, 3, 2, 10, 0, 0, 250_000, UTC),
        ),
        (
            "2026/03/02T10:00:00.250",
            "         1772445600.250",
            "first_seen",
            datetime(2026, 3, 2, 10, 0, 0, 250_000, UTC),
        ),
        ("|        |", "|     27|", "tcp_flags", 27),
        ("|        |", "|F  PAUEC|", "tcp_flags", 0b11111001),
        ("     198.18.0.1", "198.018.000.001", "src_ip", "198.18.0.1"),
    ],
)
def test_rwcut(old: str, new: str, column: str, value: object) -> None:
    assert first(RWCUT, old, new, column) == value


@pytest.mark.parametrize("delimiter", ["|", ",", ";", "\t"])
def test_rwcut_without_padding(delimiter: str) -> None:
    rows = [delimiter.join(cell.strip() for cell in row.split("|")[:-1]) for row in RWCUT.splitlines()]
    assert read("\n".join(rows)).flows.equals(read(RWCUT).flows)


def test_rwcut_flags_are_letters_once_each() -> None:
    (rejected,) = read(RWCUT.replace("FS PA   ", "FS PP   ")).rejected.to_pylist()
    assert "flags 'FS PP   ': must be letters of TCP flags" in rejected["reason"]


def test_a_place_behind_an_address_of_raw_is_passed_over() -> None:
    assert first(OLD_RAW, "198.18.0.1\n", "2001:db8::: DE/Bonn\n", "src_ip") == "2001:db8::"
    assert first(OLD_RAW, "198.18.0.1\n", "2001:db8::\n", "src_ip") == "2001:db8::"


def test_raw_in_pieces_is_read_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        OLD_RAW
        + OLD_RAW.replace("198.18.0.1", "nobody").replace("  ip router    =  192.0.2.1\n", "")
        + OLD_RAW
    )
    whole = read(text)
    assert (len(whole.flows), len(whole.rejected)) == (7, 2)
    for size in (1, 600, 1200):
        monkeypatch.setattr(nfdump_raw, "_PIECE", size)
        assert read(text) == whole


def test_a_record_of_raw_that_lacks_a_line_is_rejected_whole() -> None:
    decoded = read(OLD_RAW.replace("  src addr     =  198.18.0.1\n", "", 1))
    (rejected,) = decoded.rejected.to_pylist()
    assert rejected["reason"] == "src addr missing: a flow can't do without"
    assert rejected["raw"].startswith("Flow Record: \n  Flags")
    assert rejected["raw"].endswith("192.0.2.1")
    assert decoded.flows["row"].to_pylist() == [1, 2]


@pytest.mark.parametrize(("old", "new"), [("|250|", "|2500|"), ("|250|", "|-25|"), ("|250|", "||")])
def test_milliseconds_of_their_own_have_at_most_three_digits(old: str, new: str) -> None:
    (rejected,) = read(OLD_PIPE.replace(old, new)).rejected.to_pylist()
    assert rejected["row"] == 0
    assert "must be seconds since 1970" in rejected["reason"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("10|1772445601000", "3|1772445601000"),
        ("|536939960|0|0|2|", "|536939960|0|0|4294967296|"),
        ("|2|40001", "|x|40001"),
    ],
)
def test_numbers_of_pipe_that_are_no_address(old: str, new: str) -> None:
    text = PIPE.replace(old, new)
    (rejected,) = read(text).rejected.to_pylist()
    assert (rejected["row"], rejected["raw"]) == (1, text.split("\n")[1])
    assert "must be an IP address" in rejected["reason"]


def test_so_many_short_lines_are_an_error() -> None:
    for head in (CSV, EXTENDED, "Flow Record:\n"):
        with pytest.raises(DecodeError, match=f"{KEY}: 1,000,0.. lines: 2 bytes each can't be flows"):
            read(head + "x\n" * 1_000_001)


def test_so_many_malformed_lines_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_MANY", 3)
    for head in (CSV, EXTENDED, RWCUT):
        line = head.split("\n")[1]
        assert read(head + "a line of no flow at all\n" * 3).report.rejected == 3
        for bad in ("a line of no flow at all", line.replace("198.18.0.1", "nobody")):
            with pytest.raises(DecodeError, match=f"{KEY}: 4 malformed lines or more: at most 3 are kept"):
                read(f"{head}{bad}\n{bad}\n{bad}\n{bad}\n")
