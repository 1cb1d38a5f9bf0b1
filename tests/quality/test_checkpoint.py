"""Verdicts of real checkpoints: each rule broken alone is caught with the right row and reason."""

import gc
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from broken_flows import changed, copied_project
from flow_rows import made_flows

from dnsanom.errors import QualityError
from dnsanom.quality.checkpoint import open_context
from dnsanom.quality.validate import BAD_SCHEMA, Verdict, validate
from dnsanom.schema import COLUMNS, FLOW_SCHEMA
from dnsanom.settings import Settings

Judge = Callable[..., Verdict]
ROW = 17
IN_1970, SOON = datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=2)
#: What is changed in a sound row, and what its reason says.
BROKEN: list[tuple[dict[str, object], str]] = [
    ({"duration": -0.001}, "duration -0.001: must be between 0 and 86,400"),
    ({"duration": 4_294_967.295}, "duration 4294967.295: must be between 0 and 86,400"),
    ({"duration": float("inf")}, "duration inf: must be between 0 and 86,400"),
    ({"protocol": 201}, "protocol 201: must be a known protocol"),
    ({"src_port": 65_536}, "src_port 65536: must be between 0 and 65,535"),
    ({"dst_port": -1}, "dst_port -1: must be between 0 and 65,535"),
    ({"tcp_flags": 256}, "tcp_flags 256: must be between 0 and 255"),
    ({"tos": -1}, "tos -1: must be between 0 and 255"),
    ({"packets": 0}, "packets 0: must be between 1 and 1,000,000,000,000"),
    ({"bytes": -5}, "bytes -5: must be between 1 and 1,000,000,000,000,000"),
    ({"flows": 0}, "flows 0: must be between 1 and 1,000,000,000"),
    ({"sampling_rate": 0}, "sampling_rate 0: must be between 1 and 10,000,000"),
    ({"first_seen": IN_1970}, "first_seen 1970-01-01T00:00:00+00:00: must not be before quality.earliest"),
    ({"first_seen": SOON}, "+00:00: must not be before quality.earliest or in the future"),
    ({"src_ip": "198.51.100.256"}, "src_ip 198.51.100.256: must be an IPv4 or IPv6 address"),
    ({"dst_ip": "2001:db8::g"}, "dst_ip 2001:db8::g: must be an IPv4 or IPv6 address"),
    ({"exporter": "router-7"}, "exporter router-7: must be an IPv4 or IPv6 address"),
    ({"bpp": 12.5}, "bpp 12.5: must be bytes / packets"),
    ({"pps": 1e6}, "pps 1000000.0: must be packets / duration"),
    ({"bps": float("inf")}, "bps inf: must be 8 bytes / duration"),
]
NEEDED = [c.name for c in COLUMNS if not c.nullable and c.name not in ("row", "export_key")]
CASES = [*BROKEN, *(({name: None}, f"{name} null: must be given") for name in NEEDED)]


@pytest.fixture(scope="module")
def broken(judge: Judge, flows: pa.Table) -> Verdict:
    """The verdict on an export in which row 3 n breaks rule n."""
    for place, (values, _) in enumerate(CASES):
        flows = changed(flows, 3 * place, **values)
    return judge(flows)


def test_no_frame_is_kept_when_the_verdict_is_given(judge: Judge) -> None:
    count = 211
    judge(made_flows(count))
    gc.collect()
    frames = (one for one in gc.get_objects() if isinstance(one, (pd.DataFrame, pd.Series)))
    assert [type(frame) for frame in frames if len(frame) == count] == []


def test_a_sound_export_passes(judge: Judge, flows: pa.Table) -> None:
    verdict = judge(flows)
    assert verdict.ok
    assert verdict.good.equals(flows)
    assert verdict.bad.schema.equals(BAD_SCHEMA)
    assert verdict.bad.num_rows == 0
    assert (verdict.reason, verdict.failed) == (None, ())


@pytest.mark.parametrize("place", range(len(CASES)), ids=[reason for _, reason in CASES])
def test_a_broken_rule_is_caught_with_its_row_and_reason(broken: Verdict, place: int) -> None:
    why = dict(zip(broken.bad["row"].to_pylist(), broken.bad["reason"].to_pylist(), strict=True))
    assert CASES[place][1] in why[3 * place]


def test_only_the_broken_rows_are_bad(broken: Verdict, flows: pa.Table) -> None:
    bad = [3 * place for place in range(len(CASES))]
    assert broken.ok
    assert broken.bad["row"].to_pylist() == bad
    assert broken.good.equals(flows.filter(pc.invert(pc.is_in(flows["row"], pa.array(bad)))))


def test_one_broken_rule_gives_one_reason(judge: Judge, flows: pa.Table) -> None:
    verdict = judge(changed(flows, ROW, protocol=201))
    assert verdict.bad["reason"].to_pylist() == ["protocol 201: must be a known protocol"]


def test_fewer_bytes_than_headers_are_caught(judge: Judge, flows: pa.Table) -> None:
    verdict = judge(changed(flows, ROW, packets=2, bytes=39, bpp=19.5, duration=0.0, pps=0.0, bps=0.0))
    assert verdict.bad["reason"].to_pylist() == [
        "packets 2, bytes 39: must be at least 20 bytes a packet, an IPv4 header"
    ]


def test_a_bpp_past_the_largest_packet_is_caught(judge: Judge, flows: pa.Table) -> None:
    verdict = judge(
        changed(flows, ROW, packets=1, bytes=65_536, bpp=65_536.0, duration=0.0, pps=0.0, bps=0.0)
    )
    assert verdict.bad["reason"].to_pylist() == ["bpp 65536.0: must be between 1 and 65,535"]


def test_a_flow_that_ends_in_the_future_is_caught(judge: Judge, flows: pa.Table) -> None:
    now = datetime.now(UTC)
    day = {
        "duration": 86_400.0,
        "packets": 86_400,
        "bytes": 8_640_000,
        "pps": 1.0,
        "bps": 800.0,
        "bpp": 100.0,
    }
    verdict = judge(changed(flows, ROW, first_seen=now, **day))
    (reason,) = verdict.bad["reason"].to_pylist()
    assert reason.startswith(f"first_seen {now.isoformat()[:19]}")
    assert reason.endswith(", duration 86400.0: must not end in the future")


def test_nulls_where_they_may_be_pass(judge: Judge, flows: pa.Table) -> None:
    nullable = {c.name: pa.nulls(flows.num_rows, c.type) for c in COLUMNS if c.nullable}
    assert set(nullable) == {"tcp_flags", "tos", "exporter", "sampling_rate", "scaled_by"}
    for name, nulls in nullable.items():
        flows = flows.set_column(flows.schema.get_field_index(name), FLOW_SCHEMA.field(name), nulls)
    assert judge(flows).failed == ()


def test_several_reasons_are_joined(judge: Judge, flows: pa.Table) -> None:
    verdict = judge(changed(flows, ROW, protocol=201, src_ip="x", flows=None))
    reason = verdict.bad["reason"][0].as_py()
    assert set(reason.split("; ")) == {
        "protocol 201: must be a known protocol",
        "src_ip x: must be an IPv4 or IPv6 address",
        "flows null: must be given",
    }


def test_every_failing_row_is_found_past_the_200_that_great_expectations_lists(judge: Judge) -> None:
    flows = made_flows(5000)
    wrong = pc.less(flows["row"], 700)
    protocol = pc.if_else(wrong, pa.scalar(201, pa.int16()), flows["protocol"])
    verdict = judge(flows.set_column(2, "protocol", protocol))
    assert verdict.ok
    assert verdict.bad["row"].to_pylist() == list(range(700))
    assert verdict.good.num_rows == 4300


def test_rows_are_named_by_their_place_in_the_export(judge: Judge, flows: pa.Table) -> None:
    apart = flows.set_column(flows.schema.get_field_index("row"), "row", pc.multiply(flows["row"], 3))
    verdict = judge(changed(apart, ROW, protocol=201))
    assert verdict.bad["row"].to_pylist() == [3 * ROW]


def test_too_many_bad_rows_fail_the_export(judge: Judge, flows: pa.Table, project: Settings) -> None:
    at_most = int(project.params.quality.max_bad_share * flows.num_rows)
    for bad, ok in ((at_most, True), (at_most + 1, False)):
        verdict = judge(_first_broken(flows, bad))
        assert verdict.ok is ok
        assert verdict.bad.num_rows == (bad if ok else 0)
    assert verdict.good.num_rows == 0
    assert verdict.reason is not None
    assert verdict.reason.startswith("41 of 200 rows are bad, quality.max_bad_share allows 0.2; first: ")


def test_bad_rows_of_different_rules_add_up(judge: Judge, flows: pa.Table) -> None:
    flows = _first_broken(flows, 30)
    for row in range(100, 120):
        flows = changed(flows, row, src_ip="x")
    verdict = judge(flows)
    assert not verdict.ok
    assert str(verdict.reason).startswith("50 of 200 rows are bad")


def test_an_export_of_no_flow_at_all_is_a_quiet_spell(judge: Judge) -> None:
    verdict = judge(FLOW_SCHEMA.empty_table())
    assert (verdict.ok, verdict.good.num_rows, verdict.failed) == (True, 0, ())


def test_an_export_whose_flows_are_all_no_dns_fails(judge: Judge) -> None:
    verdict = judge(FLOW_SCHEMA.empty_table(), rows=100)
    assert not verdict.ok
    assert str(verdict.reason).startswith(
        "does not hold: Enough of the flows are DNS (quality.min_dns_share)"
    )
    assert str(verdict.reason).endswith("(found 0)")


def test_an_export_without_dns_fails_whole(judge: Judge, flows: pa.Table) -> None:
    web = pa.array([443] * flows.num_rows, pa.int32())
    for place in (4, 6):
        flows = flows.set_column(place, FLOW_SCHEMA.names[place], web)
    verdict = judge(flows)
    assert not verdict.ok
    assert str(verdict.reason).startswith(
        "does not hold: Enough of the flows are DNS (quality.min_dns_share)"
    )


def test_the_share_of_dns_is_taken_of_the_whole_export(judge: Judge, flows: pa.Table) -> None:
    assert judge(flows.slice(0, 20), rows=1_000).ok
    assert not judge(flows.slice(0, 20), rows=1_000_000).ok


@pytest.mark.parametrize("value", [3, None])
def test_row_numbers_that_name_no_row_fail_the_export(
    judge: Judge, flows: pa.Table, value: int | None
) -> None:
    verdict = judge(changed(flows, ROW, row=value))
    assert not verdict.ok
    assert verdict.reason is not None


def test_the_result_is_stored_once_under_the_key(judge: Judge, flows: pa.Table, project: Settings) -> None:
    judge(changed(flows, ROW, protocol=201), "here/../there\\é/nfcapd.1")
    stored = project.root / "expectations/uncommitted/validations/flows"
    (found,) = [path for path in stored.rglob("*.json") if "here" in str(path)]
    result = json.loads(found.read_text())
    assert result["meta"]["run_id"]["run_name"].startswith("here_.._there_nfcapd.1-")
    (failure,) = [one for one in result["results"] if not one["success"]]
    assert failure["result"]["unexpected_index_list"] == [ROW]


def test_a_table_that_is_no_flow_table_is_an_error(judge: Judge, flows: pa.Table) -> None:
    with pytest.raises(QualityError, match="key: column 1 is duration string, must be duration double"):
        judge(flows.set_column(1, "duration", flows["duration"].cast(pa.string())), "key")
    with pytest.raises(QualityError, match="key: column 19 is missing, must be row int64"):
        judge(flows.drop_columns(["row"]), "key")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    settings = copied_project(tmp_path / "project")
    (settings.root / "expectations").rename(tmp_path / "elsewhere")
    with pytest.raises(QualityError, match=r"project/expectations/great_expectations\.yml: no such file"):
        validate(made_flows(3), "key", settings)
    assert not (settings.root / "expectations").exists()


def test_a_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    settings = copied_project(tmp_path / "project")
    (settings.root / "expectations/checkpoints/export.json").unlink()
    with pytest.raises(QualityError, match=r"project/expectations: .*export.* writes it anew"):
        open_context(settings)


@pytest.mark.parametrize(
    "change", [('"types": {', '"types": "none", "kinds": {'), ("expect_columns_to_", "want_")]
)
def test_an_expectation_that_cannot_be_read_is_an_error(tmp_path: Path, change: tuple[str, str]) -> None:
    settings = copied_project(tmp_path / "project")
    suite = settings.root / "expectations/suites/flows.json"
    suite.write_text(suite.read_text().replace(*change))
    with pytest.raises(QualityError, match="project/expectations: "):
        open_context(settings)


def _first_broken(flows: pa.Table, count: int) -> pa.Table:
    wrong = pc.less(flows["row"], count)
    protocol = pc.if_else(wrong, pa.scalar(201, pa.int16()), flows["protocol"])
    return flows.set_column(2, "protocol", protocol)
