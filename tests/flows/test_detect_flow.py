"""Flow `detect` on a real Prefect, before there is a champion."""

import pytest

from dnsanom.settings import Settings
from flows.detect import detect

pytestmark = pytest.mark.servers


def test_without_a_champion_the_run_says_so_and_does_not_fail(project: Settings) -> None:
    state = detect(return_state=True)
    assert (state.name, state.is_completed()) == ("NoChampion", True)
    assert "no champion yet" in state.message
    assert "dnsanom promote --view window" in state.message
    assert not (project.data / "alerts").exists()
