"""nfdump's JSON of all versions, against the nfcapd file that it was printed from."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flow_rows import made_flows

from dnsanom.netflow import Decoded, decode
from dnsanom.params import Dns
from dnsanom.simulate.nfcapd import write_nfcapd

DNS = Dns(ports=(53, 853))
#: What nfdump's JSON does not say; of the flags, those of ICMP.
LACKING = ["sampling_rate", "scaled_by", "tcp_flags"]
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "nfdump-text"
needs_nfdump = pytest.mark.skipif(shutil.which("nfdump") is None, reason="nfdump is not installed")


def read(data: bytes | str) -> Decoded:
    return decode(data if isinstance(data, bytes) else data.encode(), "k", DNS, keep="all")


def printed(path: Path, *options: str) -> bytes:
    command = ["nfdump", "-r", str(path), "-o", "json", *options]
    return subprocess.run(command, env={**os.environ, "TZ": "UTC"}, capture_output=True, check=True).stdout


def flow(**values: Any) -> dict[str, Any]:
    """A record as 1.7 names its fields."""
    return {
        "type": "FLOW",
        "export_sysid": 1,
        "first": "2026-03-02T00:00:00.623",
        "last": "2026-03-02T00:00:02.123",
        "received": "2026-03-02T00:00:02.123",
        "in_packets": 2,
        "in_bytes": 2110,
        "proto": 17,
        "tcp_flags": "...AP.SF",
        "src_port": 53,
        "dst_port": 48410,
        "src_tos": 184,
        "src4_addr": "198.51.100.9",
        "dst4_addr": "198.18.5.171",
        **values,
    }


def array(*flows: dict[str, Any], indent: int | str = "\t") -> str:
    return json.dumps(flows, indent=indent, separators=(",", " : "))


@needs_nfdump
@pytest.mark.parametrize("options", [(), ("-q",)])
def test_what_nfdump_prints_is_what_the_file_holds(options: tuple[str, ...], tmp_path: Path) -> None:
    write_nfcapd(tmp_path / "nfcapd", made_flows(3000), "edge")
    binary, text = read((tmp_path / "nfcapd").read_bytes()), read(printed(tmp_path / "nfcapd", *options))
    assert text.report.format == "nfdump JSON"
    assert text.flows.drop_columns(LACKING).equals(binary.flows.drop_columns(LACKING))
    rows = zip(binary.flows["protocol"].to_pylist(), binary.flows["tcp_flags"].to_pylist(), strict=True)
    assert text.flows["tcp_flags"].to_pylist() == [None if p in (1, 58) else bits for p, bits in rows]


@needs_nfdump
def test_no_matching_flows_is_an_empty_export(tmp_path: Path) -> None:
    write_nfcapd(tmp_path / "nfcapd", made_flows(1).slice(0, 0), "edge")
    data = printed(tmp_path / "nfcapd")
    assert b"No matching flows" in data
    assert (read(data).report.rows, read(b"[\n\n]\n").report.rows) == (0, 0)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not there")
def test_real_flows_are_those_of_the_csv() -> None:
    text, csv = (read((SHARED / f"iodine.{kind}.txt").read_bytes()).flows for kind in ("json", "csv"))
    for name in (
        "duration",
        "protocol",
        "src_ip",
        "src_port",
        "dst_ip",
        "dst_port",
        "packets",
        "bytes",
        "tos",
    ):
        assert text[name].equals(csv[name])


def test_names_and_layouts_of_all_versions_give_the_same_flow() -> None:
    new, renamed = flow(), {"first": "t_first", "last": "t_last", "received": "t_received"}
    documents = [
        array(new),
        array({renamed.get(key, key): value for key, value in new.items()}),
        array({"cnt": 1, **new, "sampled": 0}, indent=2),
        json.dumps({"cnt": 1, **new, "sampled": 0}, separators=(",", ":")) + "\n",
        json.dumps({**new, "tcp_flags": 27}) + "\n",
    ]
    flows = [read(document).flows for document in documents]
    assert all(found.equals(flows[0]) for found in flows)
    (found,) = flows[0].to_pylist()
    assert found["first_seen"].isoformat() == "2026-03-02T00:00:00.623000+00:00"
    assert {name: found[name] for name in ("duration", "bytes", "tos", "tcp_flags", "flows", "exporter")} == {
        "duration": 1.5,
        "bytes": 2110,
        "tos": 184,
        "tcp_flags": 27,
        "flows": 1,
        "exporter": None,
    }


def test_addresses_routers_counts_and_icmp_have_keys_of_their_own() -> None:
    wide = flow(src6_addr="2001:DB8::1", dst6_addr="::1", ip6_router="2001:db8:ffff::1", aggr_flows=7)
    icmp = flow(proto=1, icmp_type=3, icmp_code=1, ip4_router="192.0.2.1", aggr_flows=0)
    for key in ("src4_addr", "dst4_addr"):
        del wide[key]
    for key in ("src_port", "dst_port", "tcp_flags"):
        del icmp[key]
    flows = read(array(wide, icmp)).flows
    assert flows["src_ip"].to_pylist() == ["2001:db8::1", "198.51.100.9"]
    assert flows["exporter"].to_pylist() == ["2001:db8:ffff::1", "192.0.2.1"]
    assert flows["flows"].to_pylist() == [7, 1]
    assert (flows["src_port"].to_pylist()[1], flows["dst_port"].to_pylist()[1]) == (0, 769)


@pytest.mark.parametrize(
    "quirk",
    [
        '"label" : "the "DNS" \\ edge\t"',
        '"ja3" : 0cc175b9c0f1b6a831c399e269772661,\n\t"label" : "<none>"',
        '"in_tls" : TLS1.2,\n\t"label" : "<none>"',
        '"label" : "caf\udce9"',
    ],
)
def test_what_nfdump_writes_that_is_no_json_is_mended(quirk: str) -> None:
    document = array(flow(label="<none>"), flow(in_packets=5, label="<none>"))
    hurt = document.replace('"label" : "<none>"', quirk, 1)
    assert hurt != document
    assert read(hurt.encode(errors="surrogateescape")).flows.equals(read(document).flows)


def test_a_record_without_addresses_is_rejected() -> None:
    lacking = flow()
    del lacking["src4_addr"]
    (row,) = read(json.dumps(lacking) + "\n").rejected.to_pylist()
    assert row["reason"] == "src4_addr or src6_addr missing: a flow can't do without"
    assert json.loads(row["raw"]) == lacking
