"""Exports to be validated, put together to runs: a checkpoint's run costs 0.1 s whatever it looks at."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.quality.checks import count_dns, repeated_rows
from dnsanom.quality.names import safe_name

#: Flows and exports of a run at most; a larger export takes several. Bounds memory, and how long pages get.
ROWS, EXPORTS = 250_000, 64
#: A flow's place in a run is its export's number, shifted, plus its row.
_SHIFT = 40
_NO_ROW = (1 << _SHIFT) - 1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Export:
    """One export's flows (FLOW_SCHEMA); `rows` is how many flows it held, of which these are a selection."""

    key: str
    flows: pa.Table
    rows: int

    @cached_property
    def repeated(self) -> pa.Array:
        """Row numbers that are there more than once, null for the other flows."""
        return repeated_rows(self.flows)


@dataclass(frozen=True)
class Piece:
    """The flows of an export that a run looks at: `count` of them from `first` on."""

    export: Export
    first: int
    count: int


@dataclass(frozen=True)
class Run:
    """What one run of a checkpoint looks at: exports whole, or a slice of a large one."""

    pieces: tuple[Piece, ...]

    @cached_property
    def flows(self) -> pa.Table:
        """All flows, one piece behind the other."""
        parts = [piece.export.flows.slice(piece.first, piece.count) for piece in self.pieces]
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts).combine_chunks()

    @cached_property
    def repeated(self) -> pa.Array:
        """Row numbers that an export has more than once, null for the other flows."""
        return pa.concat_arrays([p.export.repeated.slice(p.first, p.count) for p in self.pieces])

    @cached_property
    def numbers(self) -> Numbers:
        """By flow, the number of its piece."""
        return np.repeat(np.arange(len(self.pieces)), [piece.count for piece in self.pieces])

    @cached_property
    def places(self) -> Numbers:
        """By flow, piece and row as one number: what Great Expectations calls it by, and we find it by."""
        rows = np.asarray(pc.fill_null(self.flows["row"], _NO_ROW))
        known = (rows >= 0) & (rows < _NO_ROW)
        return (self.numbers << _SHIFT) + np.where(known, rows, _NO_ROW)

    def exports(self, ports: tuple[int, ...]) -> str:
        """The exports as the suite's parameter: key, flows, DNS flows, the first that is here, how many."""
        return json.dumps([_said(piece, ports) for piece in self.pieces])

    @property
    def name(self) -> str:
        """The run's name: the first export's key as a file name, and how many others there are."""
        others = len(self.pieces) - 1
        return safe_name(self.pieces[0].export.key) + (f"-and-{others}-more" if others else "")


def of_place(place: int) -> tuple[int, int]:
    """Number of the export in its run, and row, of the flow at a place."""
    return place >> _SHIFT, place & _NO_ROW


def groups(exports: Sequence[Export]) -> Iterator[list[Export]]:
    """The exports in order, as many at a time as one run may look at; a large one alone."""
    group: list[Export] = []
    for export in exports:
        rows = sum(one.flows.num_rows for one in group) + export.flows.num_rows
        if group and (rows > ROWS or len(group) == EXPORTS):
            yield group
            group = []
        group.append(export)
    if group:
        yield group


def runs(group: Sequence[Export]) -> Iterator[Run]:
    """The runs of a group: one, or one a slice of its only export."""
    if len(group) > 1 or group[0].flows.num_rows <= ROWS:
        yield Run(tuple(Piece(export, 0, export.flows.num_rows) for export in group))
        return
    (export,) = group
    for first in range(0, export.flows.num_rows, ROWS):
        yield Run((Piece(export, first, min(ROWS, export.flows.num_rows - first)),))


def _said(piece: Piece, ports: tuple[int, ...]) -> list[object]:
    export = piece.export
    return [export.key, export.rows, count_dns(export.flows, ports), piece.first, piece.count]
