"""What a reader makes of an export: columns, and the rows that can't be flows, each with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

REJECT_SCHEMA = pa.schema([("row", pa.int64()), ("raw", pa.string()), ("reason", pa.string())])
_NONE = REJECT_SCHEMA.empty_table()


@dataclass(frozen=True)
class Parsed:
    """Flows of one export, column by column.

    `columns` holds those columns of FLOW_SCHEMA that the export has, `row` among them, all of one length.
    `src_ip` and `dst_ip` are dictionary arrays over one shared dictionary, so that pairs of addresses
    compare as pairs of numbers. `dropped` counts flows that can't be DNS, left out by a reader told to.
    """

    format: str
    columns: dict[str, pa.Array]
    rejected: pa.Table
    dropped: int = 0

    @property
    def flows(self) -> int:
        """How many flows the columns hold."""
        return len(self.columns["row"])


def only(columns: Mapping[str, pa.Array], rows: npt.NDArray[np.bool_]) -> dict[str, pa.Array]:
    """These rows of all columns; a mask is looked through once for them all."""
    if rows.all():
        return dict(columns)
    batch = pa.RecordBatch.from_arrays(list(columns.values()), list(columns)).filter(pa.array(rows))
    return dict(zip(columns, batch.columns, strict=True))


def rejects(rows: Sequence[int], raws: Sequence[str], reasons: Sequence[str]) -> pa.Table:
    """Rejected rows as a table (row, raw, reason), in the export's order."""
    if not rows:
        return _NONE
    table = pa.table([list(rows), list(raws), list(reasons)], schema=REJECT_SCHEMA)
    return table.sort_by("row")
