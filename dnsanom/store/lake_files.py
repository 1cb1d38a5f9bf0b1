"""Which files the lake has, and whose flows each one holds; a folder on disk and a prefix in S3 alike.

An export's own file of an hour is `<export-id>.parquet`. A compacted file, `all-<hash>.parquet`, takes the
place of several; its footer lists the exports that it holds and the files that it replaces. These are deleted
after it has appeared, and until then they count as gone, so that no flow is seen twice.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from upath import UPath

Folder = Path | UPath
HOUR = timedelta(hours=1)
COMPACTED = "all-"
#: Keys of a compacted file's footer.
HOLDS, REPLACES = b"dnsanom.holds", b"dnsanom.replaces"


@dataclass(frozen=True)
class LakeFile:
    """A file of an hour. `version` tells it from an earlier file of its name; `holds` are the versions of the
    exports' own files whose flows are in it, its own if it is one of them."""

    path: Folder
    hour: datetime
    version: str
    holds: tuple[str, ...]
    replaces: frozenset[str] = frozenset()

    @property
    def exports(self) -> set[str]:
        """The ids of the exports in it."""
        return {version.split(" ", 1)[0].removesuffix(".parquet") for version in self.holds}

    @property
    def compacted(self) -> bool:
        """Whether it takes the place of several."""
        return self.path.name.startswith(COMPACTED)


def folder(lake: Folder, hour: datetime) -> Folder:
    """Where the files of an hour are."""
    return lake / _place(hour)


def files(lake: Folder, wanted: Iterable[datetime] | None = None) -> dict[datetime, list[LakeFile]]:
    """The files of each hour that has any, or of the wanted ones: those that count, by hour and name."""
    found = everything(lake, wanted)
    return {hour: valid for hour, all_ in found.items() if (valid := without_replaced(all_))}


def everything(lake: Folder, wanted: Iterable[datetime] | None = None) -> dict[datetime, list[LakeFile]]:
    """As `files`, with those that a compacted file has replaced and that are to be deleted."""
    listed = _on_disk(lake, wanted) if isinstance(lake, Path) else _in_store(lake, wanted)
    by_hour: defaultdict[datetime, list[LakeFile]] = defaultdict(list)
    for path, hour, version in listed:
        by_hour[hour].append(_file(path, hour, version))
    return {hour: sorted(by_hour[hour], key=lambda f: f.path.name) for hour in sorted(by_hour)}


def without_replaced(all_: list[LakeFile]) -> list[LakeFile]:
    """The files of an hour that no other one replaces."""
    replaced = frozenset[str]().union(*(file.replaces for file in all_))
    return [file for file in all_ if file.version not in replaced]


def _file(path: Folder, hour: datetime, version: str) -> LakeFile:
    if not path.name.startswith(COMPACTED):
        return LakeFile(path, hour, version, (version,))
    with path.open("rb") as file:
        footer = pq.read_schema(file).metadata
    return LakeFile(
        path, hour, version, tuple(json.loads(footer[HOLDS])), frozenset(json.loads(footer[REPLACES]))
    )


def _on_disk(lake: Path, wanted: Iterable[datetime] | None) -> list[tuple[Folder, datetime, str]]:
    folders = lake.glob("date=*/hour=*") if wanted is None else [lake / _place(hour) for hour in wanted]
    found: list[tuple[Folder, datetime, str]] = []
    for one in folders:
        for path in one.glob("[!.]*.parquet"):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # Replaced by a compacted file since it was listed.
            found.append((path, _hour(path), f"{path.name} {stat.st_size} {stat.st_mtime_ns}"))
    return found


def _in_store(lake: UPath, wanted: Iterable[datetime] | None) -> list[tuple[Folder, datetime, str]]:
    places = [lake] if wanted is None else [lake / _place(hour) for hour in wanted]
    found: list[tuple[Folder, datetime, str]] = []
    for place in places:
        listed: dict[str, dict[str, Any]] = place.fs.find(place.path, detail=True)
        for key, info in listed.items():
            path = place.joinpath(key[len(place.path) :].strip("/"))
            if path.suffix == ".parquet":
                found.append((path, _hour(path), f"{path.name} {info['size']} {info['ETag']}"))
    return found


def _place(hour: datetime) -> str:
    return f"date={hour:%Y-%m-%d}/hour={hour:%H}"


def _hour(path: Folder) -> datetime:
    hour, day = path.parent.name.removeprefix("hour="), path.parent.parent.name.removeprefix("date=")
    start = date.fromisoformat(day)
    return datetime(start.year, start.month, start.day, int(hour), tzinfo=UTC)
