"""What text and JSON readers found, as columns of the flow table: the end of each of them."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_UNSET = pa.array(["0.0.0.0", "::"])


def with_raw_counts(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The columns of an exporter that does not multiply by its sampling rate: `scaled_by` is 1 where it tells
    a rate; 0 is none."""
    made = dict(columns)
    if "sampling_rate" in made:
        rate = made["sampling_rate"]
        made["sampling_rate"] = rate = pc.if_else(pc.equal(rate, 0), pa.scalar(None, rate.type), rate)
        made["scaled_by"] = pc.if_else(rate.is_valid(), pa.scalar(1, rate.type), rate)
    return made


def assemble(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Columns of the flow table, from those of an export and perhaps `last_seen` beside them.

    The duration is taken from the end where only that is given, an exporter of all zeros is none, both
    addresses share one dictionary, and a record stands for one flow unless the export says otherwise. A
    column that the export lacks stays out.
    """
    made = dict(columns)
    last = made.pop("last_seen", None)
    if "duration" not in made and last is not None:
        spans = pc.subtract(last.cast(pa.int64()), made["first_seen"].cast(pa.int64()))
        made["duration"] = pc.divide(spans.cast(pa.float64()), 1000.0)
    if "exporter" in made:
        unset = pc.is_in(made["exporter"], _UNSET)
        made["exporter"] = pc.if_else(unset, pa.scalar(None, pa.string()), made["exporter"])
    pair = pa.chunked_array([made["src_ip"], made["dst_ip"]]).combine_chunks().dictionary_encode()
    rows = len(made["src_ip"])
    made["src_ip"], made["dst_ip"] = pair[:rows], pair[rows:]
    made.setdefault("flows", pa.array(np.ones(rows, np.int64)))
    return made
