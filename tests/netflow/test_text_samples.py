"""Every printed format: known by its content and by one reader alone, and the same flows in each."""

import pytest
from text_samples import FLOWS, HEADLESS, SAMPLES

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode
from dnsanom.netflow.readers import READERS
from dnsanom.params import Dns
from dnsanom.simulate.csv48 import HEADER

DNS = Dns(ports=(53, 853))
KEY = "exports/flows.txt"
EVERY = {**SAMPLES, **{f"{name}, no header": text for name, text in HEADLESS.items()}}
#: What each format has no place for, beside what none has but pmacct.
LACKING = {
    "nfdump CSV since 1.7.5": {"tcp_flags", "tos", "exporter"},
    "nfdump CSV since 1.7.5, chosen columns": set(),
    "nfdump csv-fast": {"exporter"},
    "pmacct CSV": set(),
    "SiLK rwcut text": {"tos", "exporter"},
    "nfdump text": {"exporter"},
    "nfdump text, 1.6": {"exporter"},
    "nfdump pipe": {"exporter"},
    "nfdump pipe, 1.6": {"exporter"},
    "nfdump raw, 1.6": set(),
}


def read(text: str | bytes) -> Decoded:
    return decode(text if isinstance(text, bytes) else text.encode(), KEY, DNS, keep="all")


@pytest.mark.parametrize("name", EVERY)
def test_a_sample_is_claimed_by_one_reader(name: str) -> None:
    claims = [reader.name for reader in READERS if reader.sniff(EVERY[name].encode())]
    assert claims == [name.split(",")[0]]


def test_other_content_is_claimed_by_no_text_reader() -> None:
    top = (
        "Date first seen          Duration Proto           IP Addr    Flows(%)     Packets(%)       Bytes(%)"
    )
    stat = "ts,te,td,pr,val,fl,flP,pkt,pktP,byt,bytP,pps,bps,bpp"
    for line in ("", "{}", "a,b,c", "1|2|3", "2026-03-02 10:00:00.250 hello", "->", stat, top):
        data = f"{line}\n1,2,3\n".encode()
        assert [reader.name for reader in READERS if reader.sniff(data)] == [], line


@pytest.mark.parametrize("form", ["{}", "\n\n  \n{}\n\n", "\ufeff{}"])
@pytest.mark.parametrize("name", EVERY)
def test_the_flows_are_the_same_in_every_format(name: str, form: str) -> None:
    decoded = read(form.format(EVERY[name]))
    plain = name.removesuffix(", no header")
    lacking = LACKING[plain] | (set() if plain == "pmacct CSV" else {"sampling_rate"})
    assert set(decoded.report.missing) - {"scaled_by"} == lacking
    assert decoded.report.rejected == 0
    for row, flow in zip(decoded.flows.to_pylist(), FLOWS, strict=True):
        has = {column: value for column, value in flow.items() if column not in lacking}
        assert {column: row[column] for column in has} == has
        assert {row[column] for column in lacking} <= {None}


@pytest.mark.parametrize("name", EVERY)
def test_windows_line_ends_and_a_missing_last_one_do_not_matter(name: str) -> None:
    text = EVERY[name]
    assert read(text.replace("\n", "\r\n")).flows.equals(read(text).flows)
    assert read(text.removesuffix("\n")).flows.equals(read(text).flows)


@pytest.mark.parametrize("name", EVERY)
def test_joined_exports_are_one(name: str) -> None:
    decoded = read(EVERY[name] + EVERY[name])
    assert (decoded.report.kept, decoded.report.rejected) == (6, 0)


@pytest.mark.parametrize("name", EVERY)
def test_a_malformed_line_is_rejected_as_it_stands(name: str) -> None:
    text = EVERY[name].replace("198.18.0.1", "198.18.0.444", 1).replace("3323068417", "4294967296", 1)
    decoded = read(text)
    assert decoded.flows["row"].to_pylist() == [1, 2]
    (rejected,) = decoded.rejected.to_pylist()
    assert rejected["row"] == 0
    assert "must be an IP address" in rejected["reason"]
    assert rejected["raw"] in text
    assert "198.18.0.444" in rejected["raw"] or "4294967296" in rejected["raw"]


def test_bytes_that_are_not_text_are_rejected_with_their_line() -> None:
    for name, text in EVERY.items():
        data = text.encode()
        for address in (b"198.18.0.1", b"3323068417"):
            data = data.replace(address, b"\xff\xfe", 1)
        (rejected,) = read(data).rejected.to_pylist()
        assert r"\xff\xfe" in rejected["raw"], name


@pytest.mark.parametrize(
    ("name", "word", "other", "message"),
    [
        ("nfdump CSV since 1.7.5", "firstSeen", "received", "header: firstSeen missing"),
        ("nfdump CSV since 1.7.5", "duration", "x", "header: duration missing"),
        ("nfdump CSV since 1.7.5", "flows", "packets", "header: column 'packets' stands there twice"),
        ("nfdump csv-fast", "lastSeen", "x", "header: lastSeen missing"),
        ("pmacct CSV", "TIMESTAMP_START", "STAMP_INSERTED", "header: TIMESTAMP_START missing"),
        ("pmacct CSV", "TIMESTAMP_END", "STAMP_UPDATED", "header: TIMESTAMP_END missing"),
        ("SiLK rwcut text", "sTime", "nhIP", "header: sTime missing"),
        ("nfdump text", "Packets", "Out Pkt", "header: Packets missing"),
        ("nfdump text", "Duration", "Input", "header: Duration missing"),
        ("nfdump text", "Bytes", "Src IP location info", "header: 'Src IP location info"),
        ("nfdump raw, 1.6", "(in)bytes", "nothing", "header: in bytes missing"),
    ],
)
def test_what_a_flow_can_not_do_without_is_named(name: str, word: str, other: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(SAMPLES[name].replace(word, other))
    assert str(caught.value).startswith(f"{KEY}: {message}")


def test_no_reader_but_that_of_48_columns_claims_its_header() -> None:
    assert [reader.name for reader in READERS if reader.sniff(HEADER.encode())] == [
        "nfdump CSV of 48 columns"
    ]
