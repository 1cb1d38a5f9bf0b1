"""Small real exports for the tests: nfdump's CSV of 48 columns, flow tables, truth files."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings
from dnsanom.store import lake
from dnsanom.store.ledger import Ledger

HEADER = (
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,"
    "ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr"
)
REST = (
    ["0"] * 10
    + ["0.0.0.0"] * 2
    + ["0"] * 2
    + ["00:00:00:00:00:00"] * 4
    + ["0-0-0"] * 10
    + ["0.000"] * 3
    + ["192.0.2.1", "0/0", "1"]
)
START = datetime(2026, 3, 2, tzinfo=UTC)


def line(seen: datetime, client: str = "198.18.0.1", size: str = "72", port: int = 53) -> str:
    """One DNS query of one packet."""
    time = seen.strftime("%Y-%m-%d %H:%M:%S.") + f"{seen.microsecond // 1000:03}"
    head = [time, time, "0.000", client, "198.51.100.10", "40000", str(port), "UDP", "........", "0", "0"]
    return ",".join([*head, "1", size, *REST, time])


def export(minute: int, rows: int = 20, bad: int = 0, unreadable: int = 0, other: int = 0) -> bytes:
    """An export that begins `minute` minutes after START: `rows` good flows, five seconds apart, and besides
    `bad` ones (ten bytes a packet), `unreadable` ones (no number for bytes), `other` ones that are no DNS."""
    seen = [START + timedelta(minutes=minute, seconds=5 * number) for number in range(rows)]
    lines = [line(time, f"198.18.{minute % 256}.{number % 250 + 1}") for number, time in enumerate(seen)]
    first = START + timedelta(minutes=minute)
    lines += [line(first, size="10")] * bad
    lines += [line(first, size="many")] * unreadable
    lines += [line(first, port=443)] * other
    return "\n".join([HEADER, *lines, ""]).encode()


def truth(vector: str = "tunnel", start: str = "2026-03-02T00:00:00Z") -> bytes:
    """A truth file of one row."""
    return f"client,server,start,end,vector\n198.18.0.1,,{start},2026-03-02T00:10:00Z,{vector}\n".encode()


def flows(key: str, *seen: datetime) -> pa.Table:
    """A flow table with one query at each time."""
    query = {
        "duration": 0.0,
        "protocol": 17,
        "src_ip": "198.18.0.1",
        "src_port": 40_000,
        "dst_ip": "198.51.100.10",
        "dst_port": 53,
        "packets": 1,
        "bytes": 72,
        **{"pps": 0.0, "bps": 0.0, "bpp": 72.0, "flows": 1},
        "export_key": key,
    }
    return pa.Table.from_pylist(
        [{**query, "first_seen": time, "row": row} for row, time in enumerate(seen)], schema=FLOW_SCHEMA
    )


def in_lake(settings: Settings) -> dict[str, int]:
    """Flows in the lake by export."""
    return dict(sorted(Counter(lake.read(settings.lake).export_key.execute()).items()))


def states(settings: Settings) -> dict[str, str]:
    with Ledger(settings.ledger) as ledger:
        return {entry.key: entry.state for entry in ledger.entries() if entry.state != "replaced"}
