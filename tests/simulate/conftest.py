"""One simulated day and one simulated stretch, shared by the simulator's tests."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from dnsanom.simulate.day import simulate_parts

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def day() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows, with the part that made each, and truth of a day at an ISP of 120 clients."""
    flows, truth, parts = simulate_parts(START, 24, 120, seed=3)
    return flows.to_pandas().assign(part=parts), truth.assign(
        start=pd.to_datetime(truth["start"]), end=pd.to_datetime(truth["end"])
    )
