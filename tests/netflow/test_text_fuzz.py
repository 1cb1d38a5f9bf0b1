"""Seeded damage to every printed format: flows, rejected lines or a DecodeError, in bounded time."""

import time

import numpy as np
import pytest
from test_fuzz import damaged, outcome_of
from text_samples import HEADLESS, SAMPLES

from dnsanom.schema import FLOW_SCHEMA

EVERY = {**SAMPLES, **{f"{name}, no header": text for name, text in HEADLESS.items()}}
ROUNDS = 60


@pytest.mark.parametrize("name", EVERY)
def test_damage_ends_in_a_result_or_a_decode_error(name: str) -> None:
    draw, read = np.random.default_rng(5), 0
    for number in range(ROUNDS):
        hurt, began = damaged(EVERY[name].encode(), draw), time.process_time()
        outcome = outcome_of(hurt)
        if isinstance(outcome, str):
            assert outcome.startswith("hurt: "), number
            assert "\n" not in outcome, number
        else:
            read += 1
            assert outcome.flows.schema == FLOW_SCHEMA, number
            assert len(outcome.flows) + len(outcome.rejected) == outcome.report.rows, number
            outcome.flows.validate(full=True)
        assert time.process_time() - began < 1, number
    assert read > 0
