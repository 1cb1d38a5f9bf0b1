"""From named columns of text to flows: what every printed format shares."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.errors import DecodeError
from dnsanom.netflow.assemble import assemble
from dnsanom.netflow.cells import Cell, is_null, read_cells
from dnsanom.netflow.lines import Lines, check_rejected, read_lines
from dnsanom.netflow.parsed import Parsed, only, rejects

#: A column's name in a format → the column of the flow table that it stands for, and its kind of cell.
Vocabulary = Mapping[str, tuple[str, Cell]]
#: What a flow can't do without, beside a duration or an end.
_REQUIRED = ("first_seen", "protocol", "src_ip", "src_port", "dst_ip", "dst_port", "packets", "bytes")
#: Columns that may reject a row, and have no place in the flow table.
_CHECKED = ("out_packets", "out_bytes")


def choose(names: tuple[str, ...], vocabulary: Vocabulary, key: str) -> list[str]:
    """The names of a header that are read; of two for one column, the one that the vocabulary has first.

    Raises DecodeError for what a flow can't do without, by the vocabulary's first name for it.
    """
    found: dict[str, str] = {}
    for name, (column, _) in vocabulary.items():
        if name in names:
            found.setdefault(column, name)
    lacking = [column for column in _REQUIRED if column not in found]
    if not {"duration", "last_seen"} & set(found):
        lacking.append("duration")
    if lacking:
        first = {column: name for name, (column, _) in reversed(list(vocabulary.items()))}
        words = ", ".join(first.get(column) or first["last_seen"] for column in lacking)
        raise DecodeError(f"{key}: header: {words} missing: a flow can't do without")
    return list(found.values())


def delimited(
    body: bytes, names: tuple[str, ...], words: Vocabulary, kind: str, key: str, delimiter: bytes = b","
) -> Parsed:
    """Flows of delimited lines whose columns have these names; `kind` is what the format is called."""
    lines = read_lines(body, names, choose(names, words, key), key, delimiter)
    return flows_of(lines, words, kind, key)


def flows_of(lines: Lines, vocabulary: Vocabulary, kind: str, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand; a cell may be null where it isn't there.

    Raises DecodeError when more lines are malformed than are kept.
    """
    values = {name: read_cells(texts, vocabulary[name][1]) for name, texts in lines.cells.items()}
    good, rejected = _split(lines, values, vocabulary, key)
    columns = {vocabulary[name][0]: column for name, column in values.items()}
    kept = only({name: column for name, column in columns.items() if name not in _CHECKED}, good)
    return Parsed(kind, {**assemble(kept), "row": pa.array(lines.numbers()[good])}, rejected)


def _split(
    lines: Lines, values: dict[str, pa.Array], vocabulary: Vocabulary, key: str
) -> tuple[npt.NDArray[np.bool_], pa.Table]:
    """Which lines are flows, and the others with the first cell that is malformed."""
    good, reasons = np.ones(lines.count, bool), dict(lines.misfits)
    for name, column in values.items():
        if not column.null_count:
            continue
        texts, (target, cell) = lines.cells[name], vocabulary[name]
        wrong = is_null(column) & good
        if target not in _REQUIRED:
            wrong &= ~is_null(texts)
        check_rejected(len(reasons) + int(wrong.sum()), key)
        for at in np.flatnonzero(wrong).tolist():
            text = texts[at].as_py()
            said = "missing: a flow can't do without" if text is None else f"{text!r}: {cell.rule}"
            reasons[lines.number(at)] = f"{name} {said}"
        good &= ~wrong
    rows = sorted(reasons)
    return good, rejects(rows, [lines.raw(row) for row in rows], [reasons[row] for row in rows])
