"""A bucket where exports come late, twice, cut short, replaced and deleted, and what that makes of a lake."""

import hashlib
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from flow_rows import made_flows

from dnsanom.netflow import decode, finish
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate.nfcapd import write_nfcapd
from dnsanom.store.objects import ObjectStore

DNS = Dns(ports=(53, 853))
HOUR_MS = 3_600_000


def made_export(seed: int) -> bytes:
    """A small export, of its own content, in one of ten hours; one in five lies over the full hour."""
    draw = np.random.default_rng(seed)
    flows = made_flows(int(draw.integers(5, 400)), seed=seed)
    shift = int(draw.integers(0, 10)) * HOUR_MS + (57 * 60_000 if draw.random() < 0.2 else 0)
    moved = pc.add(flows["first_seen"].cast(pa.int64()), shift).cast(FLOW_SCHEMA.field("first_seen").type)
    columns = {name: flows[name].combine_chunks() for name in flows.column_names}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nfcapd"
        write_nfcapd(path, finish({**columns, "first_seen": moved.combine_chunks()}, "made"), f"seed {seed}")
        return path.read_bytes()


@dataclass
class World:
    """The bucket, and by key every content that it had under it; None is last where the object is deleted."""

    bucket: ObjectStore
    draw: np.random.Generator
    history: dict[str, list[bytes | None]] = field(default_factory=lambda: defaultdict(list))
    half: dict[str, bytes] = field(default_factory=dict)
    garbage: set[str] = field(default_factory=set)
    made: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def go_on(self) -> None:
        """Something happens in the bucket."""
        for _ in range(int(self.draw.integers(1, 10))):
            self._add()
        for happening in (self._copy, self._replace, self._cut, self._complete, self._delete, self._spoil):
            if self.draw.random() < 0.3:
                happening()

    def complete_all(self) -> None:
        """Every object that was cut short becomes whole."""
        while self.half:
            self._complete()

    def _put(self, key: str, data: bytes) -> None:
        self.bucket.put(key, data)
        self.history[key].append(data)

    def _new(self) -> tuple[str, bytes]:
        self.made += 1
        return f"router/{self.draw.integers(0, 1000):03}/nfcapd.{self.made:05}", made_export(self.made)

    def _add(self) -> None:
        self._put(*self._new())
        self.done["added"] += 1

    def _any(self) -> str:
        keys = [key for key in sorted(self.history) if self.history[key][-1] and key not in self.half]
        return str(self.draw.choice([key for key in keys if key not in self.garbage]))

    def _copy(self) -> None:
        data = self.history[self._any()][-1]
        assert data is not None
        self._put(f"copies/{self._new()[0]}", data)
        self.done["copied"] += 1

    def _replace(self) -> None:
        self._put(self._any(), self._new()[1])
        self.done["replaced"] += 1

    def _cut(self) -> None:
        key, data = self._new()
        self.bucket.put(key, data[: int(self.draw.integers(20, len(data) - 1))])
        self.half[key] = data
        self.history[key].append(data)
        self.done["cut short"] += 1

    def _complete(self) -> None:
        if self.half:
            key, data = self.half.popitem()
            self.bucket.put(key, data)

    def _delete(self) -> None:
        key = self._any()
        self.bucket._client.delete_object(Bucket=self.bucket.bucket, Key=key)
        self.history[key].append(None)
        self.done["deleted"] += 1

    def _spoil(self) -> None:
        key = self._new()[0]
        self._put(key, self.draw.bytes(500))
        self.garbage.add(key)
        self.done["garbage"] += 1

    def faults(self, lake: pa.Table) -> list[str]:
        """What the lake has that it must not have, or has not and must, row for row."""
        keys = pc.unique(lake["export_key"]).to_pylist()
        contents = {key: self._content(key, lake.filter(pc.equal(lake["export_key"], key))) for key in keys}
        found = [f"{key}: rows of no content that it may have" for key, c in contents.items() if c is None]
        counted = Counter(c for c in contents.values() if c is not None)
        found += [f"{count} keys hold the content {c}" for c, count in counted.items() if count > 1]
        wanted = {key: data[-1] for key, data in self.history.items() if key not in self.garbage}
        missing = [key for key, data in wanted.items() if data and digest(data) not in counted]
        return found + [f"{key}: is not in the lake" for key in missing]

    def _content(self, key: str, rows: pa.Table) -> str | None:
        """Which of the contents that may stand there under the key these rows are."""
        versions = self.history.get(key, [])
        may = versions if versions and versions[-1] is None else versions[-1:]
        same = (data for data in may if data and expected(data, key).equals(in_order(rows)))
        return next(map(digest, same), None)


def digest(data: bytes | None) -> str:
    """Contents by a short name."""
    return hashlib.sha256(data or b"").hexdigest()[:12]


def expected(data: bytes, key: str) -> pa.Table:
    """The rows of an export, as they should be in the lake."""
    return in_order(decode(data, key, DNS).flows)


def in_order(flows: pa.Table) -> pa.Table:
    """The same rows by their place in the export, in one chunk."""
    return flows.select(FLOW_SCHEMA.names).sort_by("row").combine_chunks()
