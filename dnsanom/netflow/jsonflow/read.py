"""JSON objects to columns of the flow table, by a vocabulary: which key holds which column."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.errors import DecodeError
from dnsanom.netflow.assemble import assemble, with_raw_counts
from dnsanom.netflow.jsonflow.batches import Batch, read_batches
from dnsanom.netflow.jsonflow.columns import Reasons, read_column
from dnsanom.netflow.jsonflow.vocabulary import REQUIRED, Vocabulary
from dnsanom.netflow.parsed import Parsed, only, rejects

Columns = dict[str, pa.Array]
#: Rows of an export that can't be flows; they are kept in memory with their text.
MOST_BAD = 200_000


def read_json(data: bytes, key: str, words: Vocabulary) -> Parsed:
    """Flows of a document's objects, and what can't be one. Raises DecodeError when too much of it can't."""
    parts: list[Columns] = []
    bad: dict[int, tuple[str, str]] = {}
    for batch in read_batches(data, words.describes, words.mend):
        parts.append(_columns(batch, words))
        for row, ((start, end), reason) in batch.bad.items():
            bad[row] = (data[start:end].decode(errors="backslashreplace"), reason)
        if len(bad) > MOST_BAD:
            raise DecodeError(f"{key}: row {row:,}: {reason}: more than {MOST_BAD:,} rows can't be flows")
    rows = sorted(bad)
    rejected = rejects(rows, [bad[row][0] for row in rows], [bad[row][1] for row in rows])
    columns = _tidy(_together(parts), words.raw_counts)
    numbers = columns.pop("row")
    return Parsed(words.name, {**assemble(columns), "row": numbers}, rejected)


def _columns(batch: Batch, words: Vocabulary) -> Columns:
    """The batch's columns; objects whose values are malformed or missing go to its bad rows."""
    for found in batch.objects:
        words.complete(found)
    reasons: Reasons = {}
    made = {name: read_column(batch.objects, keys, name in REQUIRED, reasons) for name, keys in words.columns}
    given = {name: values for name, values in made.items() if values is not None}
    if reasons:
        good = np.ones(len(batch.rows), bool)
        good[list(reasons)] = False
        given = only(given, good)
        batch.reject(reasons)
    return {**given, "row": pa.array(batch.rows, pa.int64())}


def _together(parts: list[Columns]) -> Columns:
    """All batches' columns; null in those that lack one."""
    if len(parts) == 1:
        return parts[0]
    kinds = {name: values.type for part in parts for name, values in part.items()}
    return {
        name: pa.concat_arrays([part.get(name, pa.nulls(len(part["row"]), kind)) for part in parts])
        for name, kind in kinds.items()
    }


def _tidy(columns: Mapping[str, pa.Array], raw_counts: bool) -> Columns:
    """A sampling rate of 0 is none, and a count of 0 flows or none is one flow."""
    made = with_raw_counts(columns) if raw_counts else dict(columns)
    if "flows" in made:
        made["flows"] = pc.max_element_wise(made["flows"], pa.scalar(1, made["flows"].type))
    return made
