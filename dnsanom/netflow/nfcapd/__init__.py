"""nfcapd's binary files, of layout 1 (nfdump 1.6) and 2 (nfdump 1.7), read with numpy and without nfdump.

Blocks may be packed by LZO, bzip2, LZ4 or zstd. What flows are not made of is passed over by its length.
Every length is checked before it is believed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.columns import to_columns
from dnsanom.netflow.nfcapd.early import candidates
from dnsanom.netflow.nfcapd.exporters import read_exporters
from dnsanom.netflow.nfcapd.faults import Faults
from dnsanom.netflow.nfcapd.flows import check
from dnsanom.netflow.nfcapd.header import MAGIC, read_header
from dnsanom.netflow.nfcapd.maps import read_maps
from dnsanom.netflow.nfcapd.reading import read_flows
from dnsanom.netflow.nfcapd.records import Records, read_records
from dnsanom.netflow.nfcapd.walk import Words
from dnsanom.netflow.parsed import Parsed, only, rejects

NAME = "nfcapd"


def sniff(data: bytes) -> bool:
    """Does the content begin as an nfcapd file, of any layout and byte order?"""
    return data[:2] in (MAGIC, MAGIC[::-1])


def read(data: bytes, key: str) -> Parsed:
    """All flows of a file.

    Rows are numbered over the file's records, those that describe exporters and the like left out. Raises
    DecodeError that names file, block, value and rule; UnfinishedError when the file ends too early.
    """
    return _read(data, key, None)


def read_dns(data: bytes, key: str, ports: Sequence[int]) -> Parsed:
    """As `read`, but the flows that can't be DNS are only counted."""
    return _read(data, key, ports)


def _read(data: bytes, key: str, ports: Sequence[int] | None) -> Parsed:
    header = read_header(data, key)
    records = read_records(data, header, key)
    exporters, maps = read_exporters(records, key), read_maps(records, key)
    wanted = records.part(_flows(records.kinds))
    rows, count, faults = np.arange(len(wanted.offsets)), len(wanted.offsets), Faults()
    if ports is not None:
        maybe = candidates(wanted, ports)
        if not maybe.all():
            wanted, rows = wanted.part(maybe), rows[maybe]
    flows = read_flows(wanted, maps, faults)
    check(flows, faults, ports)
    made = {**to_columns(flows, exporters, wanted.offsets), "row": pa.array(rows)}
    if faults.reasons:
        good = np.ones(len(rows), bool)
        good[list(faults.reasons)] = False
        made = only(made, good)
    return Parsed(header.name, made, _rejected(wanted, rows, faults), dropped=count - len(rows))


def _flows(kinds: Words) -> npt.NDArray[np.bool_]:
    """Records that are flows, or that can't be told."""
    flows: npt.NDArray[np.bool_] = kinds == nf.FLOW_RECORD
    others = np.flatnonzero(~flows)
    flows[others] = ~np.isin(kinds[others], nf.DESCRIBING)
    return flows


def _rejected(records: Records, rows: npt.NDArray[np.int64], faults: Faults) -> pa.Table:
    """The faulty records, in hex."""
    places = sorted(faults.reasons)
    starts, sizes = records.offsets[places].tolist(), records.sizes[places].tolist()
    raws = [records.data[at : at + size].hex() for at, size in zip(starts, sizes, strict=True)]
    return rejects(rows[places].tolist(), raws, [faults.reasons[place] for place in places])
