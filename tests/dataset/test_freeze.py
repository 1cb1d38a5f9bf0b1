"""Freezing: which hours, in what order, with which truth."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from handset import HOUR, START, facts, flows, shifted, with_dataset

from dnsanom.dataset.fingerprint import folder_md5
from dnsanom.dataset.freeze import freeze
from dnsanom.dataset.truth import read_truth, write_truth
from dnsanom.errors import DatasetError
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings
from dnsanom.store import lake


def _fill(settings: Settings, hours: int) -> None:
    for n in range(hours):
        key = f"exports/{n}"
        lake.write(settings.lake, shifted(flows().slice(0, 500), n * HOUR, key), key)
        late = flows().slice(flows().num_rows - 20)
        lake.write(settings.lake, shifted(late, n * HOUR, key + "-late"), key + "-late")


def _names(settings: Settings) -> list[str]:
    return sorted(p.name for p in settings.flows.iterdir())


def test_each_complete_hour_becomes_one_sorted_file(settings: Settings) -> None:
    _fill(settings, 2)
    folder = freeze(settings)
    assert folder == settings.flows
    assert _names(settings) == ["hour=2026-03-02T00.parquet", "hour=2026-03-02T01.parquet"]
    table = pq.read_table(folder / "hour=2026-03-02T01.parquet", partitioning=None)
    assert table.schema.equals(FLOW_SCHEMA)
    assert table.num_rows == 520
    order = [("first_seen", "ascending"), ("export_key", "ascending"), ("row", "ascending")]
    assert table.equals(table.sort_by(order))


def test_the_newest_hour_counts_when_its_last_five_minutes_are_there(settings: Settings) -> None:
    _fill(settings, 2)
    early = shifted(flows().slice(0, 50), 2 * HOUR, "early")
    lake.write(settings.lake, early, "early")
    freeze(settings)
    assert "hour=2026-03-02T02.parquet" not in _names(settings)
    lake.write(settings.lake, shifted(flows().slice(0, 50), 2 * HOUR + timedelta(minutes=55), "late"), "late")
    freeze(settings)
    assert "hour=2026-03-02T02.parquet" in _names(settings)


def test_the_newest_days_are_taken_and_older_hours_leave(settings: Settings) -> None:
    _fill(settings, 4)
    freeze(settings)
    assert len(_names(settings)) == 4
    freeze(with_dataset(settings, days=2 / 24))
    assert _names(settings) == ["hour=2026-03-02T02.parquet", "hour=2026-03-02T03.parquet"]


def test_a_span_is_kept_to_the_second(settings: Settings) -> None:
    _fill(settings, 3)
    since, until = START + timedelta(minutes=2), START + HOUR + timedelta(minutes=3)
    freeze(settings, since, until)
    times = pa.concat_tables([pq.read_table(p, partitioning=None) for p in settings.flows.iterdir()])[
        "first_seen"
    ]
    assert min(times.to_pylist()) >= since
    assert max(times.to_pylist()) < until


def test_freezing_again_gives_the_same_bytes(settings: Settings) -> None:
    _fill(settings, 2)
    first = folder_md5(freeze(settings))
    for file in settings.flows.iterdir():
        file.unlink()
    assert folder_md5(freeze(settings)) == first


def test_truth_is_merged_and_clipped(settings: Settings) -> None:
    _fill(settings, 1)
    settings.truth.mkdir(parents=True)
    for name in ("one", "two"):
        write_truth(facts(), settings.truth / f"{name}.csv")
    freeze(settings, START, START + timedelta(seconds=100))
    kept = read_truth(settings.flows / "truth.csv")
    assert len(kept) == 1
    for file in settings.truth.iterdir():
        file.unlink()
    freeze(settings)
    assert not (settings.flows / "truth.csv").exists()


def test_nothing_to_freeze_says_what_the_lake_holds(settings: Settings) -> None:
    with pytest.raises(DatasetError, match="lake holds nothing; run `dnsanom pull` first"):
        freeze(settings)
    _fill(settings, 2)
    with pytest.raises(DatasetError, match="2026-03-02T00:00:00Z to 2026-03-02T02:00:00Z") as nothing:
        freeze(settings, START + timedelta(days=1))
    assert "from 2026-03-03T00:00:00Z to now" in str(nothing.value)
