"""From what a reader found to the flow table: columns in the schema's order."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from dnsanom.netflow.parallel import side_by_side
from dnsanom.rates import derive
from dnsanom.schema import COLUMNS, DERIVED, FLOW_SCHEMA

#: Rows whose text is worth a second thread.
_MANY = 100_000
#: Rows whose rates are derived in one go, few enough to stay in the processor's cache.
_CHUNK = 1 << 14


def finish(columns: Mapping[str, pa.Array], key: str) -> pa.Table:
    """Flows as FLOW_SCHEMA has them; a column that the export lacks is null, never 0."""
    rows, made = len(columns["row"]), _rates(columns)
    made["export_key"] = pa.repeat(pa.scalar(key, pa.string()), rows)
    made = {**columns, **made}
    arrays = side_by_side(lambda c: _column(made.get(c.name), c.type, rows), COLUMNS, rows > _MANY)
    return pa.table(arrays, schema=FLOW_SCHEMA)


def _rates(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The rates of all rows, some thousands at a time, null where what they are made of is."""
    given = [columns[name] for name in ("duration", "packets", "bytes")]
    rows, holes = len(given[0]), any(column.null_count for column in given)
    numbers, rates = [np.asarray(column) for column in given], {name: np.empty(rows) for name in DERIVED}

    def work(start: int) -> None:
        part = slice(start, start + _CHUNK)
        for name, rate in derive(*(each[part].astype(np.float64) for each in numbers)).items():
            rates[name][part] = rate

    side_by_side(work, range(0, rows, _CHUNK), rows > _MANY)
    return {name: pa.array(rate, from_pandas=holes) for name, rate in rates.items()}


def _column(values: pa.Array | None, kind: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, kind)
    return values if values.type == kind else values.cast(kind)


def missing(columns: Mapping[str, pa.Array]) -> tuple[str, ...]:
    """Columns of the flow table that an export of this kind does not have."""
    given = {*columns, *DERIVED, "export_key", "scaled_by"}
    return tuple(c.name for c in COLUMNS if c.name not in given)
