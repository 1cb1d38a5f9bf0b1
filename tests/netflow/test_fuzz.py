"""A short run of the fuzzing harness: flows or a DecodeError that names the export, whatever is done."""

import pytest
from fuzz.run import failures, make, replay
from fuzz.targets import Target, targets

from dnsanom.netflow.readers import READERS, reader_of

#: Inputs of a format; `make fuzz` tries a million.
INPUTS, SEED = 1500, 11


@pytest.mark.parametrize("target", targets().values(), ids=targets().keys())
def test_damage_ends_in_a_result_or_a_decode_error(target: Target) -> None:
    outcomes = list(failures(target, SEED, range(INPUTS)))
    assert [(number, broken) for number, _, _, broken in outcomes if broken] == []
    assert 0 < sum(read for _, read, _, _ in outcomes) < INPUTS


@pytest.mark.parametrize("target", targets().values(), ids=targets().keys())
def test_what_once_broke_a_promise_keeps_it_now(target: Target) -> None:
    assert [f"{path.name}: {broken}" for path, broken in replay(target)] == []


def test_every_format_is_fuzzed() -> None:
    plain = [seed for target in targets().values() if target.name != "wrapped" for seed in target.seeds]
    assert {reader_of(seed, "k").name for seed in plain} == {reader.name for reader in READERS}


def test_an_input_is_the_same_each_time() -> None:
    for target in targets().values():
        assert make(target, target.seeds, 3, 5) == make(target, target.seeds, 3, 5)
        assert len({make(target, target.seeds, 3, number)[0] for number in range(50)}) > 25
