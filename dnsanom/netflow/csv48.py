"""nfdump's CSV of 48 columns (`-o csv` of 1.6 to 1.7.4), read by the names in its header line.

Times are taken as UTC, in whole seconds or with milliseconds. A footer and blank lines are passed over. A
line stands for one flow: when nfdump has aggregated, this format does not say how many.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.errors import DecodeError
from dnsanom.netflow import cells
from dnsanom.netflow.assemble import assemble
from dnsanom.netflow.cells import Cell, is_null, read_cells
from dnsanom.netflow.lines import Lines, read_lines
from dnsanom.netflow.parsed import Parsed, rejects

NAME = "nfdump CSV of 48 columns"
#: Name in the header → column and kind of cell.
_CELLS: dict[str, tuple[str, Cell]] = {
    "ts": ("first_seen", cells.WHEN),
    "te": ("last_seen", cells.WHEN),
    "td": ("duration", cells.SECONDS),
    "pr": ("protocol", cells.PROTOCOL),
    "sa": ("src_ip", cells.ADDRESS),
    "sp": ("src_port", cells.PORT),
    "da": ("dst_ip", cells.ADDRESS),
    "dp": ("dst_port", cells.PORT),
    "flg": ("tcp_flags", cells.FLAGS),
    "stos": ("tos", cells.OCTET),
    "ipkt": ("packets", cells.COUNTER),
    "ibyt": ("bytes", cells.COUNTER),
    "ra": ("exporter", cells.ADDRESS),
}
_REQUIRED = ("ts", "pr", "sa", "sp", "da", "dp", "ipkt", "ibyt")


def sniff(data: bytes) -> bool:
    """Is the first line that is not blank a header with nfdump's short names?"""
    line = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0]
    return {b"ts", b"sa", b"da"} <= {name.strip() for name in line.split(b",")}


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for a header that lacks
    a column."""
    lines = read_lines(data, key, tuple(_CELLS))
    _check_header(lines.names, key)
    values = {name: read_cells(lines.cells[name], _CELLS[name][1]) for name in lines.cells}
    good, rejected = _split(lines, values)
    rows = np.arange(lines.count) if lines.places is None else lines.places
    columns = {_CELLS[name][0]: v if good.all() else v.filter(pa.array(good)) for name, v in values.items()}
    return Parsed(NAME, {**assemble(columns), "row": pa.array(rows[good])}, rejected)


def _check_header(names: tuple[str, ...], key: str) -> None:
    lacking = [name for name in _REQUIRED if name not in names]
    if not {"td", "te"} & set(names):
        lacking.append("td")
    if lacking:
        raise DecodeError(f"{key}: header: {', '.join(lacking)} missing: a flow can't do without")


def _split(lines: Lines, values: dict[str, pa.Array]) -> tuple[npt.NDArray[np.bool_], pa.Table]:
    """Which lines are flows, and the others with the first cell that is malformed."""
    good, reasons = np.ones(lines.count, bool), dict(lines.misfits)
    for name, column in values.items():
        bad = np.flatnonzero(is_null(column) & good)
        good[bad] = False
        for at in bad.tolist():
            text, rule = lines.cells[name][at].as_py(), _CELLS[name][1].rule
            reasons[lines.number(at)] = f"{name} {text!r}: {rule}"
    rows = sorted(reasons)
    return good, rejects(rows, [lines.raw(row) for row in rows], [reasons[row] for row in rows])
