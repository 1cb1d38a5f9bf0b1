"""Exports: one file for each five minutes of ends, readable again, equal for equal seeds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from dnsanom.errors import BadUseError
from dnsanom.netflow import decode
from dnsanom.params import Dns
from dnsanom.simulate import simulate_day, simulate_to, write_exports

START = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("fmt", ["nfcapd", "csv"])
def test_exports_hold_every_flow_in_the_rotation_in_which_it_ends(
    tmp_path: Path, fmt: Literal["nfcapd", "csv"]
) -> None:
    flows, truth = simulate_day(START, 0.6, 40, seed=9)
    calls: list[tuple[int, int, str]] = []
    paths = write_exports(tmp_path, flows, truth, fmt, progress=lambda *call: calls.append(call))
    exports, last = paths[:-1], paths[-1]
    assert [p.name for p in exports[:2]] == [
        f"nfcapd.2026030223{m}{'.csv' * (fmt == 'csv')}" for m in (30, 35)
    ]
    assert exports[6].name.startswith("nfcapd.202603030000")
    assert calls[-1][:2] == (len(exports), len(exports))
    back = pd.concat([_decoded(path) for path in exports], ignore_index=True)
    assert len(back) == flows.num_rows
    shared = [
        "first_seen",
        "duration",
        "src_ip",
        "src_port",
        "dst_ip",
        "packets",
        "bytes",
        "tcp_flags",
        "bpp",
    ]
    pd.testing.assert_frame_equal(back[shared], flows.to_pandas()[shared], check_dtype=False)
    assert pd.read_csv(last, keep_default_na=False).equals(truth)


def _decoded(path: Path) -> pd.DataFrame:
    decoded = decode(path.read_bytes(), path.name, Dns(ports=(53, 853)), keep="all")
    flows = decoded.flows.to_pandas()
    ends = flows.first_seen + pd.to_timedelta(flows.duration, unit="s")
    slots = ends.dt.floor("300s").dt.strftime("nfcapd.%Y%m%d%H%M").unique()
    assert list(slots) == [path.name.removesuffix(".csv")]
    return flows


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for run in ("one", "two"):
        simulate_to(str(tmp_path / run), START, 0.3, 30, seed=2)
    one = {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()}
    assert one == {p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()}
    assert len(one) > 3


def test_an_unknown_kind_of_place_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(BadUseError, match="'ftp://there' is neither a folder nor an s3:// URL"):
        simulate_to("ftp://there", START, 0.1, 20, seed=2)
