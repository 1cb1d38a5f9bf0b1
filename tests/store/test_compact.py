"""A lake that is compacted holds the same flows, on disk and in S3, whatever breaks off in between."""

import json
from contextlib import nullcontext
from datetime import timedelta, timezone
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pyarrow.parquet as pq
import pytest
from made import START, flows

from dnsanom.detect.lakehours import count_flows, lake_files
from dnsanom.settings import S3, in_s3
from dnsanom.store import compact, lake
from dnsanom.store.export import export_id
from dnsanom.store.lake_files import HOUR, Folder, appearing, everything
from dnsanom.store.objects import ObjectStore

LATER = START + 10 * HOUR
A = export_id("a")


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.servers)])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    if request.param == "disk":
        return tmp_path / "lake"
    s3: S3 = request.getfixturevalue("s3")
    ObjectStore(s3).ensure_bucket()
    return in_s3(f"s3://{s3.bucket}/the/lake", s3)


def minutes(*minutes_: float) -> list[object]:
    return [START + timedelta(minutes=m) for m in minutes_]


def rows(folder: Folder) -> list[tuple[str, int]]:
    found = lake.read(folder).select("export_key", "row").execute()
    return sorted(found.itertuples(index=False, name=None))


def names(folder: Folder) -> list[str]:
    return [file.path.name for all_ in everything(folder).values() for file in all_]


def filled(folder: Folder) -> list[tuple[str, int]]:
    """Three exports, one of them over two hours."""
    lake.write(folder, flows("a", *minutes(1, 2)), "a")
    lake.write(folder, flows("b", *minutes(5, 59, 61)), "b")
    lake.write(folder, flows("c", *minutes(7)), "c")
    return rows(folder)


def test_an_hour_becomes_one_file_with_the_same_flows(folder: Folder) -> None:
    before, held = filled(folder), lake_files(folder)
    assert compact.compact(folder, LATER, nullcontext) == 3
    assert rows(folder) == before
    assert len(names(folder)) == 2
    assert lake_files(folder) == held
    assert count_flows(folder, int(START.timestamp())) == 5
    assert compact.compact(folder, LATER, nullcontext) == 0


def test_a_compacted_file_is_asked_once_whose_flows_it_holds(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder)
    compact.compact(folder, LATER, nullcontext)
    held = lake_files(folder)
    with monkeypatch.context() as without:
        without.setattr(pq, "read_schema", None)
        assert lake_files(folder) == held
    lake.remove(folder, "a")
    left = {hour: {version for version in all_ if not version.startswith(A)} for hour, all_ in held.items()}
    assert lake_files(folder) == left != held


def test_hours_that_may_still_grow_are_left_alone(folder: Folder) -> None:
    filled(folder)
    assert compact.compact(folder, START, nullcontext) == 0
    assert len(names(folder)) == 4


def test_an_export_again_takes_the_place_of_its_compacted_flows(folder: Folder) -> None:
    filled(folder)
    compact.compact(folder, LATER, nullcontext)
    lake.write(folder, flows("b", *minutes(6)), "b")
    assert rows(folder) == [("a", 0), ("a", 1), ("b", 0), ("c", 0)]
    lake.write(folder, flows("late", *minutes(8)), "late", known=False)
    assert compact.compact(folder, LATER, nullcontext) == 3
    assert [key for key, _ in rows(folder)] == ["a", "a", "b", "c", "late"]


def test_exports_leave_a_compacted_file(folder: Folder) -> None:
    filled(folder)
    compact.compact(folder, LATER, nullcontext)
    assert lake.remove(folder, "a", "b") == 2
    assert rows(folder) == [("c", 0)]
    assert lake.remove(folder, "c") == 1
    assert (rows(folder), names(folder), lake.hours(folder)) == ([], [], [])


def test_a_compaction_that_broke_off_shows_no_flow_twice(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled(folder)
    with monkeypatch.context() as patch:
        patch.setattr(compact, "_delete", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compact.compact(folder, LATER, nullcontext)
    assert len(names(folder)) == 5
    assert rows(folder) == before
    assert count_flows(folder, int(START.timestamp())) == 5
    compact.compact(folder, LATER, nullcontext)
    assert (len(names(folder)), rows(folder)) == (2, before)


def test_an_export_that_leaves_broke_off(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder)
    compact.compact(folder, LATER, nullcontext)
    with monkeypatch.context() as patch:
        patch.setattr(compact, "_delete", lambda _: None)
        lake.remove(folder, "a")
    assert [key for key, _ in rows(folder)] == ["b", "b", "b", "c"]
    assert len(names(folder)) == 3
    compact.compact(folder, LATER, nullcontext)
    assert len(names(folder)) == 2


def test_hours_past_the_retention_go(folder: Folder) -> None:
    filled(folder)
    lake.write(folder, flows("new", START + timedelta(days=2, minutes=30)), "new")
    assert compact.expire(folder, days=2) == 0
    assert compact.expire(folder, days=1.99) == 1
    assert compact.expire(folder, days=1.99) == 1 - 1
    assert lake.hours(folder) == [START + HOUR, START + timedelta(days=2)]
    assert compact.expire(folder / "none", 1) == 0


def test_a_compacted_lake_is_plain_parquet(tmp_path: Path) -> None:
    before = filled(tmp_path)
    compact.compact(tmp_path, LATER, nullcontext)
    assert len(pd.read_parquet(tmp_path)) == len(before)
    query = f"SELECT count(*), count(DISTINCT hour) FROM '{tmp_path}/*/*/*.parquet'"
    assert duckdb.sql(query).fetchall() == [(len(before), 2)]
    footer = pq.read_schema(next(tmp_path.rglob("all-*"))).metadata
    assert len(json.loads(footer[b"dnsanom.replaces"])) >= 1


def test_one_connection_reads_a_lake_more_than_once(folder: Folder) -> None:
    filled(folder)
    backend = ibis.duckdb.connect()
    both = lake.read(folder, connection=backend).union(lake.read(folder, START + HOUR, connection=backend))
    assert both.count().execute() == 7


def test_a_file_whose_writing_fails_does_not_appear(folder: Folder) -> None:
    def fail() -> None:
        with appearing(folder / "date=2026-03-02/hour=00/a.parquet") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(folder) == []


def test_a_span_is_told_in_any_time_zone(folder: Folder) -> None:
    filled(folder)
    abroad = timezone(timedelta(hours=5, minutes=30))
    span = (START + timedelta(minutes=5)).astimezone(abroad), (START + 2 * HOUR).astimezone(abroad)
    assert lake.read(folder, *span).count().execute() == 4
