"""The objects of a JSON document, a batch at a time, and the rows that are none."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

from dnsanom.netflow.jsonflow.pieces import Object, Span, read_pieces

#: A second try at an object's text that is no JSON; None when there is nothing to mend.
Mend = Callable[[bytes], bytes | None]

#: Rows that are held at once; an object takes some 2 kB.
_BATCH = 20_000
#: Space before a colon that `_keys` does not look for.
_ODD_SPACE = (b"  :", b"\t:", b"\n:", b"\r:")


@dataclass
class Batch:
    """Objects, each with its row's number and place; and the bad rows, number → place and reason."""

    rows: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    bad: dict[int, tuple[Span, str]] = field(default_factory=dict)

    def add(self, number: int, span: Span, found: Object | str) -> None:
        """One more row: its object, or what is wrong with it."""
        if isinstance(found, str):
            self.bad[number] = (span, found)
            return
        self.rows.append(number)
        self.spans.append(span)
        self.objects.append(found)

    def reject(self, reasons: dict[int, str]) -> None:
        """Take the objects at these places out, each for its reason."""
        for at, reason in reasons.items():
            self.bad[self.rows[at]] = (self.spans[at], reason)
        kept = [at for at in range(len(self.rows)) if at not in reasons]
        self.rows = [self.rows[at] for at in kept]
        self.spans = [self.spans[at] for at in kept]
        self.objects = [self.objects[at] for at in kept]


def read_batches(
    data: bytes, describes: Callable[[Object], bool], mend: Mend | None = None
) -> Iterator[Batch]:
    """The rows in batches, at least one. An object that `describes` the export is no row, and passed over."""
    batch, number = Batch(), 0
    for span, found in read_pieces(data, lambda text: _load(text, mend)):
        if isinstance(found, dict) and describes(found):
            continue
        batch.add(number, span, found)
        number += 1
        if number % _BATCH == 0:
            yield _without_doubles(batch, data)
            batch = Batch()
    yield _without_doubles(batch, data)


def _load(text: bytes, mend: Mend | None) -> Object | str:
    """The object of a text, or what is wrong with it."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        mended = mend(text) if mend else None
        return _load(mended, None) if mended else f"not JSON: {error}"
    return found if isinstance(found, dict) else "must be an object"


def _without_doubles(batch: Batch, data: bytes) -> Batch:
    """The batch without objects that have a key twice: orjson keeps the last of them and says nothing."""
    if not batch.spans:
        return batch
    start, end = batch.spans[0][0], batch.spans[-1][1]
    if _keys(data, start, end) == sum(map(len, batch.objects)):
        return batch
    reasons = {}
    for at, (span, found) in enumerate(zip(batch.spans, batch.objects, strict=True)):
        fault = None if _keys(data, *span) == len(found) else _double(data[span[0] : span[1]])
        if fault:
            reasons[at] = fault
    batch.reject(reasons)
    return batch


def _keys(data: bytes, start: int, end: int) -> int:
    """How many keys stand in a text, or more; -1 when that does not show."""
    if any(data.find(odd, start, end) >= 0 for odd in _ODD_SPACE):
        return -1
    return data.count(b'":', start, end) + data.count(b'" :', start, end)


def _double(text: bytes) -> str | None:
    """What is wrong with an object that has a key twice, at any depth; None for another."""
    twice: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice.extend(name for name in names if names.count(name) > 1)

    try:
        json.loads(text, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return None
    return f"{twice[0]!r} stands there twice" if twice else None
