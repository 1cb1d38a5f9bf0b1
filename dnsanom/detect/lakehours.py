"""Which files a lake has for each hour, and how many flows are in them."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from dnsanom.store import lake as lakes


def lake_files(lake: Path) -> dict[int, set[str]]:
    """The Parquet files of each hour of a lake (epoch s), each by name, size and time of writing."""
    return {int(hour.timestamp()): {_version(p) for p in _files(lake, hour)} for hour in lakes.hours(lake)}


def count_flows(lake: Path, hour: int) -> int:
    """Flows in an hour (epoch s), by the footers of its files."""
    files = _files(lake, hour_of(hour))
    return sum(pq.read_metadata(path).num_rows for path in files)


def hour_of(hour: int) -> datetime:
    """The hour that begins at an epoch second."""
    return datetime.fromtimestamp(hour, UTC)


def _files(lake: Path, hour: datetime) -> list[Path]:
    return sorted((lake / f"date={hour:%Y-%m-%d}" / f"hour={hour:%H}").glob("*.parquet"))


def _version(path: Path) -> str:
    stat = path.stat()
    return f"{path.name} {stat.st_size} {stat.st_mtime_ns}"
