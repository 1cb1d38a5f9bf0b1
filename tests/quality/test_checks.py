"""The frame that expectations look at: what is derived, and how wide it is."""

import math

import pandas as pd
import pytest
from broken_flows import changed
from flow_rows import made_flows

from dnsanom.quality.checks import frame, is_address, outside
from dnsanom.schema import FLOW_SCHEMA


def test_integers_are_wide_and_rows_are_the_index() -> None:
    flows = made_flows(50)
    made = frame(flows, (53, 853))
    assert {str(made[name].dtype) for name in ("protocol", "src_port", "row", "bytes")} == {"int64"}
    assert made.index.name is None
    assert made.index.tolist() == flows["row"].to_pylist()


def test_sound_flows_agree() -> None:
    made = frame(made_flows(500), (53,))
    assert (made[["pps_off", "bps_off", "bpp_off"]] < 1e-9).all(axis=None)
    assert made["malformed_address"].isna().all()
    assert (made["least_bytes"] == 20 * made["packets"]).all()
    ends = made["first_seen"] + pd.to_timedelta(made["duration"], unit="s").dt.round("ms")
    assert (made["last_seen"] == ends).all()


def test_dns_is_counted_by_either_port() -> None:
    flows = made_flows(300)
    ports = list(zip(flows["src_port"].to_pylist(), flows["dst_port"].to_pylist(), strict=True))
    for known in ((53,), (53, 853)):
        count = sum(bool(set(pair) & set(known)) for pair in ports)
        assert 0 < count < 300
        assert frame(flows, known)["dns_flows"].tolist() == [count] * 300


def test_the_first_malformed_address_is_shown() -> None:
    flows = changed(made_flows(10), 2, dst_ip="1.2.3", exporter="x")
    assert frame(flows, (53,))["malformed_address"].dropna().to_dict() == {2: "1.2.3"}


@pytest.mark.parametrize("duration", [math.nan, math.inf, -math.inf, 1e300, -1e300, None])
def test_no_duration_overflows_a_timestamp(duration: float | None) -> None:
    made = frame(changed(made_flows(10), 2, duration=duration), (53,))
    last_seen = made["last_seen"][2]
    assert last_seen is pd.NaT or last_seen.year > 2100


def test_nothing_is_derived_from_zero_packets_or_a_negative_duration() -> None:
    made = frame(changed(made_flows(10), 2, packets=0, duration=-1.0), (53,))
    assert made.loc[2, ["pps_off", "bps_off", "bpp_off"]].isna().all()


def test_an_empty_table_has_every_column() -> None:
    made = frame(FLOW_SCHEMA.empty_table(), (53,))
    assert len(made) == 0
    assert set(FLOW_SCHEMA.names) < set(made.columns)


ADDRESSES = ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1")
NO_ADDRESSES = ("192.0.2.01", "192.0.2", "192.0.2.256", "", "1", "2001:db8::1::")


@pytest.mark.parametrize("text", [*ADDRESSES, *NO_ADDRESSES])
def test_addresses(text: str) -> None:
    is_ = text in ADDRESSES
    assert is_address(text) is is_
    found = frame(changed(made_flows(4), 1, src_ip=text), (53,))["malformed_address"]
    assert found.dropna().tolist() == ([] if is_ else [text])


def test_outside() -> None:
    values = pd.Series([-1.0, 0.0, 5.0, 10.0, 10.5, math.nan])
    assert outside(values, 0, 10).tolist() == [True, False, False, False, True, False]
    assert outside(values, 0, None).tolist() == [True, False, False, False, False, False]
    assert outside(values, None, 10).tolist() == [False, False, False, False, True, False]


def test_the_flows_cannot_be_changed_through_the_frame() -> None:
    flows = made_flows(20)
    before = flows["bytes"][0].as_py()
    made = frame(flows, (53,))
    with pytest.raises(ValueError, match="read-only"):
        made.loc[0, "bytes"] = 7
    assert flows["bytes"][0].as_py() == before
