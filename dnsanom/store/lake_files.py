"""Which files the lake has, and whose flows each one holds; a folder on disk and a prefix in S3 alike.

An export's own file of an hour is `<export-id>.parquet`. A compacted file, `all-<hash>.parquet`, takes the
place of several; its footer lists the exports that it holds and the files that it replaces. These are deleted
after it has appeared, and until then they count as gone, so that no flow is seen twice.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pyarrow.parquet as pq
from upath import UPath

Folder = Path | UPath
HOUR = timedelta(hours=1)
COMPACTED = "all-"
#: Keys of a compacted file's footer.
HOLDS, REPLACES = b"dnsanom.holds", b"dnsanom.replaces"
#: Compacted files, one an hour, whose footer a process remembers: half a year's.
_REMEMBERED = 1 << 12


@dataclass(frozen=True)
class LakeFile:
    """A file of an hour. `version` tells it from an earlier file of its name.

    A compacted file's footer is read when it is asked for, once a process: in S3 that is a request for each.
    """

    path: Folder
    hour: datetime
    version: str

    @property
    def compacted(self) -> bool:
        """Whether it takes the place of several."""
        return self.path.name.startswith(COMPACTED)

    @cached_property
    def holds(self) -> tuple[str, ...]:
        """Versions of the exports' own files whose flows are in it: its own if it is one of them."""
        return tuple(json.loads(self._footer[HOLDS])) if self.compacted else (self.version,)

    @cached_property
    def replaces(self) -> frozenset[str]:
        """Versions of the files that it takes the place of."""
        return frozenset(json.loads(self._footer[REPLACES])) if self.compacted else frozenset()

    @property
    def exports(self) -> set[str]:
        """The ids of the exports in it."""
        return {export_of(version) for version in self.holds}

    @property
    def _footer(self) -> dict[bytes, bytes]:
        return _footer(self.path, self.version)


@lru_cache(maxsize=_REMEMBERED)
def _footer(path: Folder, _: str) -> dict[bytes, bytes]:
    """The footer's keys of a file, which stay what they are as long as its version does."""
    with path.open("rb") as file:
        footer: dict[bytes, bytes] = pq.read_schema(file).metadata
    return footer


def export_of(version: str) -> str:
    """The id of the export whose own file a version is of."""
    return version.split(" ", 1)[0].removesuffix(".parquet")


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
        by_hour[hour].append(LakeFile(path, hour, version))
    return {hour: sorted(by_hour[hour], key=lambda f: f.path.name) for hour in sorted(by_hour)}


def without_replaced(all_: list[LakeFile]) -> list[LakeFile]:
    """The files of an hour that no other one replaces."""
    if len(all_) == 1:
        return all_
    replaced = frozenset[str]().union(*(file.replaces for file in all_))
    return [file for file in all_ if file.version not in replaced]


@contextmanager
def appearing(target: Folder) -> Iterator[Any]:
    """A file to write, which appears as `target` when all of it is written, or not at all.

    On disk by a rename of what was brought to the disk before; in S3 by an upload of a local file, since a
    stream to there would leave what it had when an error ended it.
    """
    if not isinstance(target, Path):
        with NamedTemporaryFile() as file:
            yield file
            file.flush()
            target.fs.put_file(file.name, target.path)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.stem}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


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
