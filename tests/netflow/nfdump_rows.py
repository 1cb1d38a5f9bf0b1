"""What nfdump prints of an nfcapd file, and the same rows of our decode, to be compared as text."""

import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from dnsanom.netflow.names import flags_text

needs_nfdump = pytest.mark.skipif(shutil.which("nfdump") is None, reason="nfdump is not installed")
#: nfdump 1.7.1 prints the first packet's milliseconds for `%ter`: `%te` is the last packet's time.
_FIELDS = "fmt:%ts,%te,%td,%pr,%sa,%sp,%da,%dp,%flg,%tos,%pkt,%byt,%fl,%ra"
_AS_THEY_ARE = ("tos", "packets", "bytes", "flows")
_TCP, _ICMP, _ICMP6 = 6, 1, 58


def printed(path: Path) -> list[list[str]]:
    """nfdump's rows."""
    command = ["nfdump", "-6", "-q", "-N", "-r", str(path), "-o", _FIELDS]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"TZ": "UTC"})
    return [[cell.strip() for cell in line.split(",")] for line in run.stdout.splitlines() if line]


def as_printed(flows: pa.Table) -> list[list[str]]:
    """Our rows as nfdump prints them: type and code of ICMP in place of a port, flags of TCP alone."""
    first = flows["first_seen"].cast(pa.int64()).to_pylist()
    last = [
        at + round(lasting * 1000) for at, lasting in zip(first, flows["duration"].to_pylist(), strict=True)
    ]
    cells = [_stamps(first), _stamps(last), [f"{d:.3f}" for d in flows["duration"].to_pylist()]]
    cells += [
        list(map(str, flows[name].to_pylist())) for name in ("protocol", "src_ip", "src_port", "dst_ip")
    ]
    protocols = flows["protocol"].to_pylist()
    ports, flags = flows["dst_port"].to_pylist(), flows["tcp_flags"].to_pylist()
    cells.append([_target(port, protocol) for port, protocol in zip(ports, protocols, strict=True)])
    cells.append([flags_text(f if p == _TCP else 0) for f, p in zip(flags, protocols, strict=True)])
    cells += [list(map(str, flows[name].to_pylist())) for name in _AS_THEY_ARE]
    cells.append([router or "0.0.0.0" for router in flows["exporter"].to_pylist()])
    return list(map(list, zip(*cells, strict=True)))


def _stamps(ms: list[int]) -> list[str]:
    stamps: list[str] = pa.array(ms, pa.timestamp("ms")).cast(pa.string()).to_pylist()
    return stamps


def _target(port: int, protocol: int) -> str:
    return f"{port >> 8}.{port & 255}" if protocol in (_ICMP, _ICMP6) else str(port)
