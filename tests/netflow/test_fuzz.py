"""A short run of the fuzzing harness: flows or a DecodeError that names the export, whatever is done."""

import pytest
from fuzz.run import failures, inputs, make, replay
from fuzz.targets import Target, targets

from dnsanom.errors import DecodeError
from dnsanom.netflow import decode, lines
from dnsanom.netflow.readers import READERS, reader_of
from dnsanom.params import Dns

#: Inputs of a format; `make fuzz` tries a million.
INPUTS, SEED = 1500, 11
DELIMITED = (
    *("csv48", "nfdump-csv-since-1.7.5", "nfdump-csv-fast", "pmacct-csv", "silk-rwcut-text", "nfdump-pipe"),
)


@pytest.mark.parametrize("target", targets().values(), ids=targets().keys())
def test_damage_ends_in_a_result_or_a_decode_error(target: Target) -> None:
    outcomes = list(failures(target, SEED, range(INPUTS)))
    assert [(number, broken) for number, _, _, broken in outcomes if broken] == []
    assert 0 < sum(read for _, read, _, _ in outcomes) < INPUTS


@pytest.mark.parametrize("target", targets().values(), ids=targets().keys())
def test_what_once_broke_a_promise_keeps_it_now(target: Target) -> None:
    assert [f"{path.name}: {broken}" for path, broken in replay(target)] == []


@pytest.mark.parametrize("name", DELIMITED)
def test_a_small_text_is_read_as_a_large_one_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = targets()[name]
    hurt = [make(target, inputs(target), SEED, number)[0] for number in range(400)]
    small = [told(data) for data in hurt]
    monkeypatch.setattr(lines, "SMALL", -1)
    assert [told(data) for data in hurt] == small


def told(data: bytes) -> object:
    """What is read of an export, or what the error says."""
    try:
        decoded = decode(data, "k", Dns(ports=(53,)), "all")
    except DecodeError as error:
        return str(error)
    flows = decoded.flows.to_pandas().to_csv()
    return flows, decoded.rejected.to_pylist(), decoded.report


def test_every_format_is_fuzzed() -> None:
    plain = [seed for target in targets().values() if target.name != "wrapped" for seed in target.seeds]
    assert {reader_of(seed, "k").name for seed in plain} == {reader.name for reader in READERS}


def test_an_input_is_the_same_each_time() -> None:
    for target in targets().values():
        assert make(target, target.seeds, 3, 5) == make(target, target.seeds, 3, 5)
        assert len({make(target, target.seeds, 3, number)[0] for number in range(50)}) > 25
