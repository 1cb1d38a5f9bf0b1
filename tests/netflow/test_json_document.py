"""JSON documents: objects in an array, on lines or one after the other, and damage that stays where it is."""

import json
import time
from typing import Any

import pytest

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode
from dnsanom.netflow.jsonflow import batches
from dnsanom.netflow.jsonflow import read as json_read
from dnsanom.params import Dns

DNS = Dns(ports=(53, 853))


def flow(**values: Any) -> dict[str, Any]:
    """An object as goflow2 2.x writes it."""
    return {
        "type": "NETFLOW_V9",
        "time_received_ns": 1772409661000000000,
        "sampling_rate": 100,
        "sampler_address": "192.0.2.1",
        "time_flow_start_ns": 1772409600250999999,
        "time_flow_end_ns": 1772409601750000000,
        "bytes": 300,
        "packets": 3,
        "src_addr": "198.18.0.1",
        "dst_addr": "2001:DB8::53",
        "proto": "UDP",
        "src_port": 40000,
        "dst_port": 53,
        "ip_tos": 8,
        "tcp_flags": 0,
        **values,
    }


def text(**values: Any) -> str:
    return json.dumps(flow(**values))


def read(document: str | bytes) -> Decoded:
    return decode(document if isinstance(document, bytes) else document.encode(), "k", DNS, keep="all")


def rejected(document: str | bytes) -> list[tuple[int, str, str]]:
    return [(r["row"], r["raw"], r["reason"]) for r in read(document).rejected.to_pylist()]


ONE, TWO = text(bytes=1001), text(bytes=1002)


@pytest.mark.parametrize(
    "document",
    [
        f"{ONE}\n{TWO}\n",
        f"\n\n{ONE}\n  \n{TWO}",
        f"\ufeff{ONE}\r\n{TWO}\r\n",
        f"{ONE},\n{TWO},\n",
        f"[{ONE},{TWO}]",
        f"  [\n{ONE}\n,\n  {TWO} ]\n\n",
        f"[{ONE}]\n[{TWO}]\n",
        f"{json.dumps(json.loads(ONE), indent=1)}\n{json.dumps(json.loads(TWO), indent=1)}",
        json.dumps([json.loads(ONE), json.loads(TWO)], indent="\t"),
        f"[{ONE},{TWO}]".replace('": ', '"\t:\n'),
    ],
)
def test_objects_are_found_however_they_are_laid_out(document: str) -> None:
    decoded = read(document)
    assert decoded.flows["bytes"].to_pylist() == [1001, 1002]
    assert decoded.report.rejected == 0


def test_strings_and_inner_objects_may_look_like_the_end_of_one() -> None:
    string = text(bytes=1001, label='}, {"bytes": 7}')
    inner = text(bytes=1001, more=[{"a": 1}, {"b": [{}, {}]}], deep={"x": {}, "y": {}})
    arrays = [document for odd in (string, inner) for document in (f"[{odd},{TWO}]", f"[{TWO},{odd}]")]
    for document in (*arrays, f"{string}\n{TWO}\n"):
        assert sorted(read(document).flows["bytes"].to_pylist()) == [1001, 1002]
        assert read(document).report.rejected == 0


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ONE[:40], "not JSON: "),
        (ONE.replace("1001", "NaN"), "not JSON: "),
        (ONE.replace('"UDP"', '"U\tP"'), "not JSON: "),
        (ONE.replace("1001", "1001 1002"), "not JSON: "),
        (ONE[:-1] + ', "bytes": 7}', "'bytes' stands there twice"),
        (ONE[:-1] + ', "a": {"b": 1, "b": 2}}', "'b' stands there twice"),
        (ONE[:-1] + ', "bytes"  : 7}', "'bytes' stands there twice"),
    ],
)
def test_a_malformed_object_is_a_row_of_its_own(bad: str, reason: str) -> None:
    for document in (f"{TWO}\n{bad}\n{TWO}\n", f"[{TWO},\n{bad},\n{TWO}]"):
        if document[0] == "[" and not bad.endswith("}"):
            continue
        ((row, raw, why),) = rejected(document)
        assert (row, raw) == (1, bad)
        assert reason in why
        assert read(document).flows["row"].to_pylist() == [0, 2]


@pytest.mark.parametrize("line", ["17", '"x"', "[1, 2]", "null", "", "junk"])
def test_a_line_that_is_no_object_is_rejected(line: str) -> None:
    found = rejected(f"{ONE}\n{line}\n{TWO}\n")
    assert [row[:2] for row in found] == ([(1, line)] if line else [])


def test_a_first_line_that_is_cut_is_rejected_alone() -> None:
    ((row, raw, _),) = rejected(f"{ONE[30:]}\n{TWO}\n")
    assert (row, raw) == (0, ONE[30:])


@pytest.mark.parametrize(
    ("document", "kept", "raw"),
    [
        (f"[{ONE},{TWO[:50]}", [0], TWO[:50]),
        (f"[{ONE},{TWO}", [0, 1], ""),
        (f"[{ONE},{TWO},\n", [0, 1], ",\n"),
        (f"[{ONE},{TWO}\n", [0, 1], "\n"),
        (f"[\n{ONE[:150]}", [], ONE[:150]),
        ("[" + ONE[:-1] + ', "a": {"b": {}, "c"', [], ONE[:-1] + ', "a": {"b": {}, "c"'),
    ],
)
def test_an_array_that_is_cut_off_keeps_what_is_whole_and_says_so(
    document: str, kept: list[int], raw: str
) -> None:
    assert read(document).flows["row"].to_pylist() == kept
    assert rejected(document) == [(len(kept), raw, "cut off: no ] ends the array")]


def test_text_around_the_objects_is_a_row() -> None:
    assert rejected(f"[ 5, {ONE}]") == [(0, "[ 5, ", "must be an object")]
    assert rejected(f"[{ONE}] and more") == [(1, "] and more", "must be an object")]


def test_values_in_other_shapes() -> None:
    given = {"bytes": "1500", "proto": "17", "src_port": None, "sampling_rate": 0, "sampler_address": ""}
    one, two = read(f"{text(**given)}\n{text(**{**given, 'src_port': '4'})}\n"), text()
    assert one.report.rejected == 1
    assert one.rejected["reason"].to_pylist() == ["src_port or SrcPort missing: a flow can't do without"]
    (found,) = one.flows.to_pylist()
    assert (found["bytes"], found["protocol"], found["src_port"]) == (1500, 17, 4)
    assert (found["sampling_rate"], found["exporter"]) == (None, None)
    assert read(two).flows["exporter"].to_pylist() == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("bytes", 1.5, "1.5"),
        ("bytes", 10**18, "1000000000000000000"),
        ("bytes", 10**30, "1e+30"),
        ("bytes", -1, "-1"),
        ("bytes", True, "true"),
        ("bytes", [1], "[1]"),
        ("bytes", {"a": 1}, '{"a":1}'),
        ("bytes", "many", "'many'"),
        ("bytes", "9" * 99, "'" + "9" * 79 + "…"),
        ("src_port", 2**31, "2147483648"),
        ("proto", 256, "256"),
        ("proto", "unassigned", "'unassigned'"),
        ("src_addr", 1, "1"),
        ("src_addr", "1.2.3", "'1.2.3'"),
        ("sampling_rate", 2**31, "2147483648"),
        ("time_flow_start_ns", "soon", "'soon'"),
        ("tcp_flags", "X", "'X'"),
    ],
)
def test_a_value_of_another_kind_makes_a_rejected_row(key: str, value: Any, shown: str) -> None:
    bad = text(**{key: value})
    ((row, raw, reason),) = rejected(f"{ONE}\n{bad}\n{TWO}\n")
    assert (row, raw) == (1, bad)
    assert reason.startswith(f"{key} {shown}: must be ")
    assert read(f"{ONE}\n{bad}\n{TWO}\n").flows["bytes"].to_pylist() == [1001, 1002]


def test_bytes_that_are_no_text_are_shown() -> None:
    hurt = ONE.replace("UDP", "U@P").encode().replace(b"@", b"\xff")
    ((_, raw, reason),) = rejected(hurt + b"\n" + TWO.encode())
    assert r"U\xffP" in raw
    assert reason.startswith("not JSON: ")


def test_batches_join_seamlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [text(bytes=n) if n % 5 else "junk" for n in range(40)]
    lines[7] = json.dumps({k: v for k, v in flow(bytes=7).items() if k not in ("ip_tos", "sampling_rate")})
    whole = read("\n".join(lines))
    monkeypatch.setattr(batches, "_BATCH", 3)
    parts = read("\n".join(lines))
    assert parts.flows.equals(whole.flows)
    assert parts.rejected.equals(whole.rejected)


def test_too_many_bad_rows_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_read, "MOST_BAD", 10)
    bad = "\n".join(["", "x"] + ["{}"] * 9)
    assert read(ONE + bad).report.rejected == 10
    with pytest.raises(DecodeError, match=r"k: row 11: .* missing: .*: more than 10 rows can't be flows"):
        read(ONE + bad + "\n{}")


@pytest.mark.parametrize(
    "document",
    [
        "[" + ONE + ",{" * 200_000,
        "[" + ONE + ',{"a":' * 200_000,
        "[" * 10_000 + ONE,
        ONE + "\n" + '{"a":' * 100_000,
        "[" + ONE + "}" + " " * 1_000_000 + "x",
        "[" + ONE + "," + '{"a": {"b": ' + "{}," * 100_000,
    ],
)
def test_depth_and_repetition_cost_no_more_than_their_length(document: str) -> None:
    began = time.process_time()
    assert read(document).report.kept <= 1
    assert time.process_time() - began < 5
