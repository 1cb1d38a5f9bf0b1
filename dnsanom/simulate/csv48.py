"""Flows written as nfdump's CSV of 48 columns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from dnsanom.netflow.names import flags_text, protocol_name
from dnsanom.simulate.nfcapd_exporters import senders
from dnsanom.simulate.nfcapd_records import milliseconds as milliseconds_of
from dnsanom.simulate.nfcapd_records import numbers

_UNSET = "0.0.0.0"
_ZERO_MAC, _ZERO_LABEL, _NO_DELAY = "00:00:00:00:00:00", "0-0-0", "    0.000"
#: Columns that simulated flows have nothing for, with what nfdump prints then.
_EMPTY = {
    **dict.fromkeys(("fwd", "opkt", "obyt", "in", "out", "sas", "das", "smk", "dmk", "dtos", "dir"), "0"),
    **dict.fromkeys(("nh", "nhb"), _UNSET),
    **dict.fromkeys(("svln", "dvln"), "0"),
    **dict.fromkeys(("ismc", "odmc", "idmc", "osmc"), _ZERO_MAC),
    **{f"mpls{n}": _ZERO_LABEL for n in range(1, 11)},
    **dict.fromkeys(("cl", "sl", "al"), _NO_DELAY),
    "eng": "0/0",
}
HEADER = (
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,"
    "ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr"
)
_SAME = {
    "sa": "src_ip",
    "da": "dst_ip",
    "sp": "src_port",
    "dp": "dst_port",
    "ipkt": "packets",
    "ibyt": "bytes",
}


def write_csv(path: Path, flows: pa.Table, milliseconds: bool = True) -> None:
    """Write flows (FLOW_SCHEMA's columns; `exporter` may be missing) as `nfdump -o csv` prints them.

    With `milliseconds`, first and last seen have them, so that nothing is lost; without, they end at the
    second, as nfdump 1.7.1 cuts them. The sampling rate and the count of flows have no place in this format.
    """
    columns = _columns(flows, pa.timestamp("ms" if milliseconds else "s"))
    table = pa.table([columns[name] for name in HEADER.split(",")], HEADER.split(","))
    with path.open("wb") as file:
        file.write(HEADER.encode() + b"\n")
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))


def _columns(flows: pa.Table, moment: pa.DataType) -> dict[str, pa.Array]:
    made = {name: pa.repeat(text, len(flows)) for name, text in _EMPTY.items()}
    made |= {name: flows[column].combine_chunks() for name, column in _SAME.items()}
    who, first = senders(flows), milliseconds_of(flows)
    last = first + np.rint(numbers(flows, "duration") * 1000).astype(np.int64)
    made["ts"], made["te"] = _moments(first, moment), _moments(last, moment)
    made["tr"] = _moments(last, pa.timestamp("ms"))
    made["td"] = _mapped(flows["duration"], lambda seconds: f"{seconds:.3f}")
    made["pr"] = _mapped(flows["protocol"], protocol_name)
    made["flg"] = _mapped(flows["tcp_flags"], lambda bits: flags_text(bits or 0))
    made["stos"] = flows["tos"].combine_chunks().fill_null(0)
    made["ra"] = pa.array([_UNSET, *who.names]).take(pa.array(who.each))
    made["exid"] = pa.array(who.each)
    return made


def _moments(ms: npt.NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    return pa.array(ms).cast(pa.timestamp("ms")).cast(kind, safe=False).cast(pa.string())


def _mapped(column: pa.ChunkedArray, text: Callable[[Any], str]) -> pa.Array:
    """A column as text, each distinct value turned once."""
    distinct = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return pa.array([text(value) for value in distinct.dictionary.to_pylist()], pa.string()).take(
        distinct.indices
    )
