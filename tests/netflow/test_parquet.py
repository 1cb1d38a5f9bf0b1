"""Parquet by the names of its columns: what we write is read again, and nothing of it is believed unseen."""

import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from flow_rows import made_flows
from pyarrow import parquet as pq

from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow import Decoded, decode
from dnsanom.netflow import parquet as reader
from dnsanom.netflow.to_parquet import decode_to_parquet
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
KEY = "exports/flows"


def written(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def read(data: bytes) -> Decoded:
    return decode(data, KEY, DNS, keep="all")


def changed(name: str, values: pa.Array | list[Any], count: int = 3) -> pa.Table:
    """Plain flows with one column put in place of another."""
    flows = made_flows(count)
    return flows.set_column(flows.schema.get_field_index(name), name, [values])


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zstd"}, {"use_dictionary": False, "version": "1.0"}]
)
def test_what_is_written_is_read(options: dict[str, Any]) -> None:
    flows = made_flows(2000, key=KEY)
    decoded = read(written(flows, row_group_size=300, **options))
    assert decoded.report.format == "Parquet"
    assert decoded.flows.equals(flows)
    assert decoded.report.missing == ()


def test_decoded_exports_are_read_again(tmp_path: Path) -> None:
    write_nfcapd(tmp_path / "nfcapd", made_flows(500), "edge")
    export = (tmp_path / "nfcapd").read_bytes()
    list(decode_to_parquet([("a", export), ("b", export)], tmp_path / "flows.parquet", DNS, "all"))
    decoded = read((tmp_path / "flows.parquet").read_bytes())
    own = ["export_key", "row"]
    once = decode(export, "a", DNS, keep="all").flows.drop_columns(own)
    assert decoded.flows.drop_columns(own).equals(pa.concat_tables([once, once]))
    assert decoded.flows["row"].to_pylist() == list(range(1000))
    assert set(decoded.flows["export_key"].to_pylist()) == {KEY}


def test_columns_of_nothing_are_missing_and_others_are_left_alone() -> None:
    flows = made_flows(5).drop_columns(["exporter", "scaled_by", "pps", "bps", "bpp", "export_key", "row"])
    flows = flows.append_column("tos2", [list(range(5))]).append_column("label", [["x"] * 5])
    flows = flows.set_column(
        flows.schema.get_field_index("sampling_rate"), "sampling_rate", [pa.nulls(5, pa.int32())]
    )
    decoded = read(written(flows.select(sorted(flows.column_names))))
    assert decoded.report.missing == ("exporter", "sampling_rate")
    assert decoded.flows["bytes"].equals(flows["bytes"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("first_seen", pa.timestamp("us")),
        ("first_seen", pa.timestamp("ns", "Europe/Vienna")),
        ("src_port", pa.uint16()),
        ("packets", pa.uint64()),
        ("protocol", pa.int64()),
        ("duration", pa.float32()),
        ("src_ip", pa.large_string()),
        ("src_ip", pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_types_that_hold_the_same_will_do(name: str, kind: pa.DataType) -> None:
    flows = made_flows(50, key=KEY)
    values = pc.round(flows["duration"]) if name == "duration" else flows[name]
    flows = flows.set_column(flows.schema.get_field_index(name), name, values)
    other = flows.set_column(flows.schema.get_field_index(name), name, values.cast(kind))
    assert read(written(other)).flows.equals(read(written(flows)).flows)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("src_port", [1.5, 2.0, 3.0], "column src_port: its type double must be whole numbers"),
        ("packets", ["1", "2", "3"], "column packets: its type string must be whole numbers"),
        ("src_ip", [1, 2, 3], "column src_ip: its type int64 must be text"),
        ("src_ip", [["a"], [], None], r"column src_ip: its type list<\w+: string> must be text"),
        ("first_seen", [1, 2, 3], "column first_seen: its type int64 must be timestamps"),
        ("duration", [True, False, None], "column duration: its type bool must be numbers"),
    ],
)
def test_a_column_of_another_type_is_named(name: str, values: list[Any], message: str) -> None:
    with pytest.raises(DecodeError, match=f"^{KEY}: {message}$"):
        read(written(changed(name, values)))


def test_missing_and_doubled_columns_are_named() -> None:
    with pytest.raises(
        DecodeError, match=f"^{KEY}: columns: src_ip, bytes missing: a flow can't do without$"
    ):
        read(written(made_flows(3).drop_columns(["bytes", "src_ip"])))
    flows = made_flows(3)
    with pytest.raises(DecodeError, match=f"^{KEY}: column tos: stands there twice$"):
        read(written(flows.append_column("tos", flows["tos"])))


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("packets", pa.array([1, None, 2], pa.int64()), "packets is null: a flow can't do without"),
        ("packets", pa.array([1, 2**64 - 1, 2], pa.uint64()), "packets 18446744073709551615: must be "),
        ("bytes", pa.array([1, -(2**62), 2], pa.int64()), "bytes -4611686018427387904: must be "),
        ("tos", pa.array([1, 40_000, None], pa.uint16()), "tos 40000: must be -32,768 to 32,767"),
        ("src_ip", pa.array(["::1", "host", "::2"]), "src_ip 'host': must be an IP address"),
        ("src_ip", pa.array(["::1", "", "::2"]), "src_ip '': must be an IP address"),
        ("exporter", pa.array([None, "host", "::2"]), "exporter 'host': must be an IP address"),
        ("duration", pa.array([1, float("nan"), 2]), "duration nan: must be a number of seconds"),
        ("duration", pa.array([1, float("inf"), 2]), "duration inf: must be a number of seconds"),
        (
            "first_seen",
            pa.array([1, 2**60, 2], pa.timestamp("ms")),
            "first_seen '1152921504606846976 ms since 1970': must be in the years",
        ),
    ],
)
def test_a_row_with_a_value_that_can_not_be_is_rejected(name: str, values: pa.Array, reason: str) -> None:
    decoded = read(written(changed(name, values)))
    (rejected,) = decoded.rejected.to_pylist()
    assert rejected["row"] == 1
    assert rejected["reason"].startswith(reason)
    assert json.loads(rejected["raw"])["src_port"] == made_flows(3)["src_port"][1].as_py()
    assert decoded.flows["row"].to_pylist() == [0, 2]


def test_text_that_is_not_utf_8_is_rejected_by_itself() -> None:
    texts = pa.array([b"::1", b"\xff\xfe", b"::2"]).view(pa.string())
    (rejected,) = read(written(changed("src_ip", texts))).rejected.to_pylist()
    assert rejected["reason"] == "src_ip 'text that is not UTF-8': must be an IP address"


def test_a_time_in_an_unknown_zone_is_still_a_time() -> None:
    values = pa.array([1000, 2**60, 2000], pa.timestamp("ms", "Nowhere/Atlantis"))
    decoded = read(written(changed("first_seen", values)))
    assert decoded.flows["row"].to_pylist() == [0, 2]
    assert decoded.rejected["reason"][0].as_py().startswith("first_seen '1152921504606846976 ms since 1970'")


def test_times_are_cut_to_milliseconds_before_1970_too() -> None:
    values = pa.array([-1, 1_999_999, 1], pa.timestamp("ns"))
    moments = read(written(changed("first_seen", values))).flows["first_seen"].to_pylist()
    assert moments == [datetime.fromtimestamp(ms / 1000, UTC) for ms in (-0.001 * 1000, 1, 0)]


def test_too_many_rows_bytes_or_bad_ones_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(made_flows(50))
    monkeypatch.setattr(reader, "MOST_ROWS", 49)
    with pytest.raises(DecodeError, match=f"^{KEY}: 50 rows: must be 0 to 49$"):
        read(data)
    monkeypatch.setattr(reader, "MOST_ROWS", 50)
    monkeypatch.setattr(reader, "LIMIT", 999)
    with pytest.raises(DecodeError, match=rf"^{KEY}: [\d,]+ bytes when unpacked: must be 0 to 999$"):
        read(data)
    monkeypatch.setattr(reader, "_check_size", lambda *_: None)
    with pytest.raises(DecodeError, match=f"^{KEY}: row group 0: more than 999 bytes when unpacked$"):
        read(data)
    monkeypatch.undo()
    monkeypatch.setattr(reader, "MOST_BAD", 1)
    with pytest.raises(
        DecodeError, match=f"^{KEY}: row 0: packets is null.*: more than 1 rows can't be flows$"
    ):
        read(written(changed("packets", pa.nulls(3, pa.int64()))))


def test_damage_is_an_error_that_names_the_export() -> None:
    data, draw = written(made_flows(50)), np.random.default_rng(1)
    cuts = [data[:size] for size in (4, 8, 12, len(data) // 2, len(data) - 1)]
    hurt = [data[:-8] + np.uint32(size).tobytes() + b"PAR1" for size in (0, 1, 2**31, 2**32 - 1)]
    noise = [data[:at] + draw.bytes(40) + data[at + 40 :] for at in range(4, len(data) - 40, 97)]
    for bad in (*cuts, *hurt, b"PARE" + data[4:], b"PAR1" + draw.bytes(500) + b"PAR1"):
        with pytest.raises(DecodeError, match=rf"^{KEY}: .+") as caught:
            read(bad)
        assert "\n" not in str(caught.value)
    for bad in noise:
        with suppress(DecodeError):
            read(bad).flows.validate(full=True)


def test_a_file_without_its_footer_is_unfinished() -> None:
    data = written(made_flows(50))
    for size in (5, 9, len(data) // 2, len(data) - 1):
        with pytest.raises(UnfinishedError, match=rf"^{KEY}: Parquet: ends with b.*: must be b'PAR1'"):
            read(data[:size])


def test_no_rows_are_no_flows() -> None:
    decoded = read(written(made_flows(3).slice(0, 0)))
    assert decoded.report.rows == 0
    assert decoded.flows.schema == FLOW_SCHEMA
