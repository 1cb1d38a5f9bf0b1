"""The lake: each export once, whole files only, readable by everybody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pyarrow.parquet as pq
import pytest
from made import START, flows

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.store import lake
from dnsanom.store.export import export_id
from dnsanom.store.stage import stage

HOUR = timedelta(hours=1)


def keys(folder: Path) -> list[str]:
    return sorted(lake.read(folder).export_key.execute())


def test_flows_come_back_as_they_went_in(tmp_path: Path) -> None:
    table = flows("a", START, START + timedelta(milliseconds=1), START + HOUR)
    assert lake.write(tmp_path, table, "a") == 3
    back = lake.read(tmp_path).order_by("row").to_pyarrow()
    assert back.schema.equals(FLOW_SCHEMA)
    assert back.equals(table)


def test_one_file_per_export_and_hour_under_hive_partitions(tmp_path: Path) -> None:
    lake.write(tmp_path, flows("a", START - timedelta(milliseconds=1), START, START + HOUR), "a")
    name = f"{export_id('a')}.parquet"
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    places = ("date=2026-03-01/hour=23", "date=2026-03-02/hour=00", "date=2026-03-02/hour=01")
    assert found == [f"{place}/{name}" for place in places]
    assert lake.hours(tmp_path) == [START - HOUR, START, START + HOUR]


def test_the_same_export_again_replaces_its_rows(tmp_path: Path) -> None:
    lake.write(tmp_path, flows("a", START, START + HOUR), "a")
    lake.write(tmp_path, flows("b", START), "b")
    lake.write(tmp_path, flows("a", START + HOUR), "a")
    assert keys(tmp_path) == ["a", "b"]
    assert lake.remove(tmp_path, "b") == 1
    assert keys(tmp_path) == ["a"]
    assert lake.hours(tmp_path) == [START + HOUR]


def test_keys_that_look_alike_are_kept_apart(tmp_path: Path) -> None:
    alike = ("a/b", "a_b", "a%2Fb", "../a/b", "ä" * 400)
    for key in alike:
        lake.write(tmp_path, flows(key, START), key)
    assert keys(tmp_path) == sorted(alike)


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        (None, None, [0, 30, 60, 90]),
        (START + timedelta(minutes=30), None, [30, 60, 90]),
        (None, START + timedelta(minutes=60), [0, 30]),
        (datetime(2026, 3, 2, 0, 30), START + timedelta(minutes=60), [30]),
        (START + timedelta(minutes=31), START + timedelta(minutes=59), []),
        (START + 5 * HOUR, None, []),
    ],
)
def test_since_is_included_and_until_is_not(
    tmp_path: Path, since: datetime | None, until: datetime | None, minutes: list[int]
) -> None:
    lake.write(tmp_path, flows("a", *(START + timedelta(minutes=m) for m in (0, 30, 60, 90))), "a")
    found = lake.read(tmp_path, since, until).order_by("first_seen").first_seen.execute()
    assert [(time - START) // timedelta(minutes=1) for time in found] == minutes


def test_only_files_of_the_wanted_hours_are_opened(tmp_path: Path) -> None:
    lake.write(tmp_path, flows("a", START, START + HOUR), "a")
    [spoilt] = (tmp_path / "date=2026-03-02" / "hour=01").iterdir()
    spoilt.write_bytes(b"not Parquet")
    assert lake.read(tmp_path, until=START + HOUR).count().execute() == 1


def test_an_empty_lake_is_an_empty_table(tmp_path: Path) -> None:
    assert lake.hours(tmp_path / "none") == []
    table = lake.read(tmp_path / "none", since=START)
    assert table.to_pyarrow().schema.equals(FLOW_SCHEMA)
    assert table.count().execute() == 0


def test_a_write_that_breaks_off_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(table: object, file: object, **_: object) -> None:
        file.write(b"PAR1")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    lake.write(tmp_path, flows("a", START), "a")
    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(OSError, match="No space left"):
        lake.write(tmp_path, flows("b", START), "b")
    assert keys(tmp_path) == ["a"]
    assert [p.suffix for p in tmp_path.rglob("*") if p.is_file()] == [".parquet"]


def test_staged_flows_are_seen_when_they_are_published(tmp_path: Path) -> None:
    folder, staging = tmp_path / "lake", tmp_path / "staging"
    staging.mkdir()
    lake.write(folder, flows("a", START - HOUR, START), "a")
    staged = stage(staging, flows("a", START, START + timedelta(minutes=1), START + HOUR), "a")
    assert (staged.rows, [hour for hour, _ in staged.files]) == (3, [START, START + HOUR])
    assert len(keys(folder)) == 2
    assert lake.publish(folder, staged) == 3
    assert lake.read(folder).order_by("row").first_seen.execute().tolist() == [
        pd.Timestamp(seen) for seen in (START, START + timedelta(minutes=1), START + HOUR)
    ]
    assert list(staging.iterdir()) == []
    assert lake.hours(folder) == [START, START + HOUR]


def test_several_exports_are_removed_at_once(tmp_path: Path) -> None:
    for key in ("a", "b", "c"):
        lake.write(tmp_path, flows(key, START, START + HOUR), key)
    assert lake.remove(tmp_path, "a", "c", "never there") == 4
    assert keys(tmp_path) == ["b", "b"]
    assert lake.remove(tmp_path) == 0


def test_pandas_duckdb_and_ibis_read_it_as_it_is(tmp_path: Path) -> None:
    lake.write(tmp_path, flows("a", START, START + HOUR), "a")
    (tmp_path / "date=2026-03-02" / "hour=00" / f".{export_id('b')}.77.tmp").write_bytes(b"half")
    assert len(pd.read_parquet(tmp_path)) == 2
    query = f"SELECT hour, count(*) FROM '{tmp_path}/**/*.parquet' GROUP BY hour ORDER BY hour"
    assert [rows for _, rows in duckdb.sql(query).fetchall()] == [1, 1]
    backend = ibis.duckdb.connect()
    assert (
        lake.read(tmp_path, connection=backend)
        .union(lake.read(tmp_path, connection=backend))
        .count()
        .execute()
        == 4
    )


def test_times_are_utc_whatever_the_machine_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    lake.write(tmp_path, flows("a", START), "a")
    assert lake.read(tmp_path).first_seen.execute()[0].to_pydatetime() == START
    assert lake.hours(tmp_path) == [datetime(2026, 3, 2, tzinfo=UTC)]
