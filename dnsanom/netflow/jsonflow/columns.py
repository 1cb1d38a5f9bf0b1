"""One column of JSON objects, from the keys that may hold it, and why some objects have no good value."""

from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow.cells import is_null
from dnsanom.netflow.jsonflow.pieces import Object
from dnsanom.netflow.jsonflow.values import ADDRESS, Value, read_values

#: Place of an object → what is wrong with it.
Reasons = dict[int, str]
#: A value that a reason shows, at most.
_SHOWN = 80


def read_column(
    objects: list[Object], keys: list[tuple[str, Value]], required: bool, reasons: Reasons
) -> pa.Array | None:
    """The values of the first key that an object has; None when no object has any and none is required."""
    made = pa.nulls(len(objects), keys[0][1].cell.kind) if required else None
    for key, kind in keys:
        values = _given(objects, key, kind)
        if values.count(None) == len(values):
            continue
        read = read_values(values, kind)
        _note_malformed(key, kind, values, read, reasons)
        made = read if made is None or made.null_count == len(made) else pc.coalesce(made, read)
    if required and made is not None and made.null_count:
        names = " or ".join(key for key, _ in keys)
        for at in np.flatnonzero(is_null(made)).tolist():
            reasons.setdefault(at, f"{names} missing: a flow can't do without")
    return made


def _given(objects: list[Object], key: str, kind: Value) -> list[Any]:
    """The key's values; an address that is not known may be written as empty text."""
    if kind is ADDRESS:
        return [found.get(key) or None for found in objects]
    return [found.get(key) for found in objects]


def _note_malformed(key: str, kind: Value, values: list[Any], read: pa.Array, reasons: Reasons) -> None:
    if read.null_count == values.count(None):
        return
    for at in np.flatnonzero(is_null(read)).tolist():
        if values[at] is not None:
            reasons.setdefault(at, f"{key} {_shown(values[at])}: {kind.cell.rule}")


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
