"""Which exports' flows a lake has in each hour, and how many flows those are."""

from datetime import UTC, datetime

import pyarrow.parquet as pq

from dnsanom.store.lake_files import Folder, files


def lake_files(lake: Folder) -> dict[int, set[str]]:
    """The exports of each hour of a lake (epoch s), each by its file's name and version.

    A compacted file stands for those that it was made of, so that compaction changes nothing here.
    """
    return {
        int(hour.timestamp()): {version for file in all_ for version in file.holds}
        for hour, all_ in files(lake).items()
    }


def count_flows(lake: Folder, hour: int) -> int:
    """Flows in an hour (epoch s), by the footers of its files."""
    start, rows = hour_of(hour), 0
    for file in files(lake, [start]).get(start, []):
        with file.path.open("rb") as source:
            rows += pq.read_metadata(source).num_rows
    return rows


def hour_of(hour: int) -> datetime:
    """The hour that begins at an epoch second."""
    return datetime.fromtimestamp(hour, UTC)
