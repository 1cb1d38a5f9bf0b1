"""Several exports in one run: each gets the verdict that it would get alone, and few runs do."""

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from broken_flows import changed
from flow_rows import made_flows

from dnsanom.quality import exports as put_together
from dnsanom.quality import validate as validating
from dnsanom.quality.checkpoint import Context
from dnsanom.quality.exports import Export, groups
from dnsanom.quality.validate import Verdict, validate_many
from dnsanom.settings import Settings

Judge = Callable[..., Verdict]
Many = Callable[..., list[Verdict]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that were made, in order."""
    names: list[str] = []
    run = validating.failures

    def counted(checkpoint: Any, subject: Any) -> list[Any]:
        names.append(subject.name)
        return run(checkpoint, subject)

    monkeypatch.setattr(validating, "failures", counted)
    return names


@pytest.fixture
def many(project: Settings, context: Context) -> Many:
    def run(*exports: Export) -> list[Verdict]:
        return validate_many(exports, project, context)

    return run


def _protocols(flows: pa.Table, bad: int) -> pa.Table:
    """The flows, so many of the first with a protocol that nobody knows."""
    wrong = pc.less(flows["row"], bad)
    protocol = pc.if_else(wrong, pa.scalar(201, pa.int16()), flows["protocol"])
    return flows.set_column(2, "protocol", protocol)


def _mixed() -> list[Export]:
    flows = made_flows(60)
    web = pa.array([443] * 60, pa.int32())
    broken = changed(flows, 7, src_ip="x", duration=-2.5)
    return [
        Export("sound", flows, 60),
        Export("bad rows", changed(broken, 50, protocol=201), 60),
        Export("quiet", flows.slice(0, 0), 0),
        Export("no DNS", flows.slice(0, 0), 900),
        Export("little DNS", flows, 60_000),
        Export("web", flows.set_column(4, "src_port", web).set_column(6, "dst_port", web), 60),
        Export("a row twice", changed(flows, 7, row=8), 60),
        Export("negative row", changed(flows, 7, row=-3), 60),
        Export("just good enough", _protocols(flows, 12), 60),
        Export("too bad", _protocols(flows, 13), 60),
        Export("nothing known", made_flows(60, seed=9), 60),
    ]


def test_each_export_gets_the_verdict_that_it_gets_alone(many: Many, judge: Judge, runs: list[str]) -> None:
    exports = _mixed()
    together = many(*exports)
    assert len(runs) == 2
    for export, verdict in zip(exports, together, strict=True):
        alone = judge(export.flows, export.key, export.rows)
        assert (verdict.ok, verdict.failed) == (alone.ok, alone.failed), export.key
        assert verdict.good.equals(alone.good), export.key
        assert verdict.bad.equals(alone.bad), export.key
        assert _rule(verdict) == _rule(alone), export.key
    ok = {export.key for export, verdict in zip(exports, together, strict=True) if verdict.ok}
    assert ok == {"sound", "bad rows", "quiet", "negative row", "just good enough", "nothing known"}


def _rule(verdict: Verdict) -> str:
    """A reason without its example, which is found by another way in a run of one export."""
    return re.split(r" \(found|; first", verdict.reason or "")[0]


def test_what_was_found_is_the_exports_own(many: Many) -> None:
    reasons = {e.key: v.reason for e, v in zip(_mixed(), many(*_mixed()), strict=True)}
    assert str(reasons["no DNS"]).endswith("(found 0)")
    assert 0 < float(str(reasons["little DNS"]).split("(found ")[1].rstrip(")")) < 0.001
    assert str(reasons["too bad"]).startswith("13 of 60 rows are bad, quality.max_bad_share allows 0.2; ")
    assert str(reasons["too bad"]).endswith("; first: protocol 201: must be a known protocol")


def test_sound_exports_need_one_run(many: Many, runs: list[str]) -> None:
    exports = [Export(f"key {n}", made_flows(20, seed=n), 20) for n in range(5)]
    verdicts = many(*exports)
    assert [v.good.equals(e.flows) for v, e in zip(verdicts, exports, strict=True)] == [True] * 5
    assert [name.partition("-")[0] for name in runs] == ["key_0"]
    assert runs[0].endswith("-and-4-more")


def test_bad_rows_in_every_export_need_one_more_run(many: Many, runs: list[str]) -> None:
    verdicts = many(*(Export(f"{n}", changed(made_flows(30, seed=n), n, tos=-1), 30) for n in range(20)))
    assert [v.bad["row"].to_pylist() for v in verdicts] == [[n] for n in range(20)]
    assert {v.bad["reason"][0].as_py() for v in verdicts} == {"tos -1: must be between 0 and 255"}
    assert len(runs) == 2


def test_a_failure_that_is_nobodys_own_costs_only_the_one_that_fails_alone(many: Many) -> None:
    flows = made_flows(30)
    exports = [Export(f"{n}", flows, 30) for n in range(5)]
    exports[3] = Export("3", changed(flows, 5, row=None), 30)
    verdicts = many(*exports)
    assert [v.ok for v in verdicts] == [True, True, True, False, True]
    assert "Every column of the flow table is there with its type" in str(verdicts[3].reason)


def test_a_large_export_takes_several_runs_and_gets_one_verdict(
    many: Many, judge: Judge, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = changed(changed(made_flows(250), 3, src_ip="x"), 220, protocol=201)
    alone = judge(flows, "large")
    runs.clear()
    monkeypatch.setattr(put_together, "ROWS", 100)
    verdict = many(Export("large", flows, 250))[0]
    assert len(runs) == 3 + 2
    assert verdict.good.equals(alone.good)
    assert verdict.bad.equals(alone.bad)
    assert verdict.bad["row"].to_pylist() == [3, 220]
    bad = many(Export("large", _protocols(flows, 51), 250))[0]
    assert (bad.ok, str(bad.reason)[:24]) == (False, "51 of 250 rows are bad, ")


def test_rows_that_are_twice_in_different_slices_fail_the_export(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(put_together, "ROWS", 100)
    verdict = many(Export("large", changed(made_flows(250), 240, row=5), 250))[0]
    assert str(verdict.reason).startswith("does not hold: Each row of the export is there once")


def test_a_group_is_bounded_by_rows_and_by_exports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(put_together, "ROWS", 100)
    monkeypatch.setattr(put_together, "EXPORTS", 4)
    flows = made_flows(300)
    sizes = [10, 90, 1, 300, 5, 5, 5, 5, 5, 0]
    found = groups([Export("k", flows.slice(0, size), size) for size in sizes])
    assert [[e.rows for e in group] for group in found] == [[10, 90], [1], [300], [5, 5, 5, 5], [5, 0]]
