"""A few pulls killed at random points; `python -m tests.faults` kills hundreds."""

import numpy as np
import pyarrow as pa
import pytest

from dnsanom.settings import Settings
from dnsanom.store.objects import ObjectStore
from tests.faults.kills import run
from tests.faults.world import World, expected

pytestmark = pytest.mark.servers


def test_pulls_that_are_killed_leave_the_lake_equal_to_the_truth(settings: Settings) -> None:
    assert run(settings.root, 6, seed=7, tell=print, away=0.3) == []


def test_the_comparison_sees_what_is_wrong(bucket: ObjectStore) -> None:
    """Else the test above could not fail."""
    world = World(bucket, np.random.default_rng(7))
    while len(world.history) < 3:
        world._add()
    lake = {key: expected(data, key) for key, (data,) in world.history.items() if data}
    first, second, third = lake
    assert world.faults(pa.concat_tables(lake.values())) == []
    assert world.faults(pa.concat_tables([lake[first], lake[second]])) == [f"{third}: is not in the lake"]
    broken = [lake[first].slice(1), lake[second], lake[third]]
    assert f"{first}: rows of no content that it may have" in world.faults(pa.concat_tables(broken))
    world.history["copy"] = list(world.history[first])
    twice = pa.concat_tables([*lake.values(), expected(world.history[first][0] or b"", "copy")])
    assert "2 keys hold the content" in " ".join(world.faults(twice))
