"""nfcapd's binary files of layout 2, read with numpy and without nfdump.

Uncompressed blocks and those packed by bzip2, LZ4 or zstd are read. An element that flows are not made of is
passed over by its length. Every length is checked before it is believed.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.errors import DecodeError
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.blocks import Records, read_records
from dnsanom.netflow.nfcapd.columns import to_columns
from dnsanom.netflow.nfcapd.elements import Faults, gather
from dnsanom.netflow.nfcapd.exporters import read_exporters
from dnsanom.netflow.nfcapd.flows import read_flows
from dnsanom.netflow.nfcapd.walk import Offsets
from dnsanom.netflow.parsed import Parsed, rejects

NAME = f"nfcapd layout {nf.LAYOUT}"
_MAGIC = nf.MAGIC.to_bytes(2, "little")


def sniff(data: bytes) -> bool:
    """Does the content begin as an nfcapd file, of any layout and byte order?"""
    return data[:2] in (_MAGIC, _MAGIC[::-1])


def read(data: bytes, key: str) -> Parsed:
    """Flows of a layout 2 file. Raises DecodeError that names file, block, value and rule.

    Rows are numbered over the file's records, those that describe exporters left out.
    """
    _check_layout(data, key)
    records = read_records(data, key)
    exporters = read_exporters(records, key)
    counted = ~np.isin(records.kinds, nf.DESCRIBING)
    rows, faults = records.offsets[counted], _foreign(records.kinds[counted])
    flows = read_flows(records.data, rows, faults)
    made = to_columns(flows, exporters, rows)
    if faults.reasons:
        good = np.ones(len(rows), bool)
        good[list(faults.reasons)] = False
        made = {name: column.filter(pa.array(good)) for name, column in made.items()}
    return Parsed(NAME, made, _rejected(records, rows, faults))


def _check_layout(data: bytes, key: str) -> None:
    if data[:2] != _MAGIC:
        raise DecodeError(f"{key}: magic 0x{data[:2].hex()}: written on a big-endian machine, can't be read")
    layout = int.from_bytes(data[2:4], "little")
    if layout != nf.LAYOUT:
        raise DecodeError(
            f"{key}: nfcapd layout {layout}: only layout {nf.LAYOUT}, of nfdump 1.7, can be read"
        )


def _foreign(kinds: npt.NDArray[np.uint16]) -> Faults:
    """Records that are neither flows nor descriptions."""
    faults = Faults()
    rows = np.flatnonzero(kinds != nf.FLOW_RECORD)
    faults.add(
        rows, [f"record type {kind}: only {nf.FLOW_RECORD}, flows, can be read" for kind in kinds[rows]]
    )
    return faults


def _rejected(records: Records, rows: Offsets, faults: Faults) -> pa.Table:
    """The faulty records, in hex."""
    numbers = sorted(faults.reasons)
    starts = rows[numbers] if numbers else rows[:0]
    sizes = gather(records.data, nf.RECORD_HEADER, starts)["size"].tolist()
    raws = [records.data[at : at + size].hex() for at, size in zip(starts.tolist(), sizes, strict=True)]
    return rejects(numbers, raws, [faults.reasons[n] for n in numbers])
