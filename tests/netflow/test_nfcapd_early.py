"""DNS is kept before all else is read: the same flows as of a file read whole, and all others counted."""

from collections.abc import Callable
from pathlib import Path

import layout1_bytes as old
import nfcapd_bytes as made
import numpy as np
import pyarrow as pa
import pytest
from flow_rows import made_flows

from dnsanom.netflow import decode
from dnsanom.netflow.keep import is_dns
from dnsanom.netflow.nfcapd import read, read_dns
from dnsanom.params import Dns
from dnsanom.simulate.nfcapd import write_nfcapd

PORTS = (53, 853)
DNS = Dns(ports=PORTS, window_seconds=60)
KEY = "exports/nfcapd"


def layout2(tmp_path: Path) -> bytes:
    flows = made_flows(70_000)
    ports = pa.array(
        np.random.default_rng(1).choice([53, 443, 0, 8080], 70_000, p=[0.05, 0.6, 0.05, 0.3]), pa.int32()
    )
    for name in ("src_port", "dst_port"):
        place = flows.column_names.index(name)
        flows = flows.set_column(
            place, name, pa.compute.if_else(pa.compute.equal(flows[name], 53), ports, flows[name])
        )
    write_nfcapd(tmp_path / "nfcapd", flows, "edge")
    return (tmp_path / "nfcapd").read_bytes()


def layout1(tmp_path: Path) -> bytes:
    return old.small()


@pytest.mark.parametrize("data", [layout1, layout2])
def test_what_is_kept_early_is_what_is_kept_late(data: Callable[[Path], bytes], tmp_path: Path) -> None:
    content = data(tmp_path)
    whole, early = read(content, KEY), read_dns(content, KEY, PORTS)
    assert early.flows + early.dropped == whole.flows
    decoded = decode(content, KEY, DNS)
    kept = decode(content, KEY, DNS, keep="all").flows.filter(pa.array(is_dns(whole.columns, PORTS)))
    assert decoded.flows.equals(kept)
    assert 0 < decoded.report.kept < decoded.report.rows == whole.flows
    assert decoded.report.dropped == whole.flows - decoded.report.kept


def test_what_is_no_dns_is_not_read() -> None:
    """Its elements may be anything."""
    other = made.flow(made.generic(port=443), made.element(2, b""), count=9)
    data = made.nfcapd(made.block(other, made.flow(made.generic(), made.ipv4()), other))
    decoded = decode(data, KEY, DNS)
    assert decoded.flows["row"].to_pylist() == [1]
    assert (decoded.report.rows, decoded.report.dropped, decoded.report.rejected) == (3, 2, 0)
    assert decode(data, KEY, DNS, keep="all").report.rejected == 2


def test_a_record_that_tells_its_ports_late_is_read_and_then_judged() -> None:
    flows = [
        made.flow(made.element(4, bytes(16)), made.ipv4(), made.generic(port=port)) for port in (53, 443)
    ]
    short, event = made.record(11, bytes(8)), made.flow(made.element(25, bytes(16)), made.ipv4())
    decoded = decode(made.nfcapd(made.block(*flows, event, short)), KEY, DNS)
    assert decoded.flows["row"].to_pylist() == [0]
    assert (decoded.report.rows, decoded.report.dropped, decoded.report.rejected) == (4, 3, 0)


def test_dns_without_addresses_is_rejected() -> None:
    lonely = [made.flow(made.generic(port=port)) for port in (53, 443)]
    decoded = decode(made.nfcapd(made.block(*lonely)), KEY, DNS)
    assert decoded.rejected.to_pylist() == [
        {"row": 0, "raw": lonely[0].hex(), "reason": "no element 2 or 3: addresses are missing"}
    ]
    assert (decoded.report.kept, decoded.report.dropped) == (0, 1)
