"""An hour of hand-made flows with attacks in every side, frozen in a project folder."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from handflows import CLIENT, OUTSIDE, RESOLVER, START, arrow, flow, truth

from dnsanom.dataset.truth import write_truth
from dnsanom.params import Params
from dnsanom.settings import Settings

SCANNER = "162.142.125.9"


def flows(seed: int = 3) -> pa.Table:
    """An hour: 30 clients that ask, a tunnel every four minutes, a scanner of the lists now and then."""
    draw = np.random.default_rng(seed)
    made = []
    for second in draw.integers(0, 3600, 900):
        client, port = f"198.18.0.{20 + draw.integers(0, 30)}", int(draw.integers(1024, 65_000))
        made.append(flow(int(second), client, port, RESOLVER, 53, size=int(draw.integers(55, 90))))
        made.append(flow(int(second) + 0.02, RESOLVER, 53, client, port, size=int(draw.integers(80, 400))))
    for start in range(0, 3600, 240):
        made += [
            flow(start + i, CLIENT, 5000, OUTSIDE, 53, packets=40, size=230, last=1.0) for i in range(90)
        ]
    made += [flow(t, SCANNER, 6000, CLIENT, 53) for t in range(10, 3600, 60)]
    return arrow(sorted(made, key=lambda f: f["first_seen"]))


def facts() -> pd.DataFrame:
    """Truth of the tunnels."""
    return truth(*((CLIENT, OUTSIDE, s, s + 90, "tunnel") for s in range(0, 3600, 240)))


def freeze_by_hand(settings: Settings, table: pa.Table, known: bool = True) -> None:
    """What `freeze` would leave of the flows."""
    settings.flows.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, settings.flows / "hour=2026-03-02T00.parquet")
    if known:
        write_truth(facts(), settings.flows / "truth.csv")


def with_dataset(settings: Settings, **changed: object) -> Settings:
    """The settings with other dataset parameters; its one tunnelling client may be on every side."""
    usual = {"gap_seconds": 60, "clients": None, "sampling_rates": ()}
    dataset = settings.params.dataset.model_copy(update={**usual, **changed})
    params: Params = settings.params.model_copy(update={"dataset": dataset})
    return settings.model_copy(update={"params": params})


def shifted(table: pa.Table, by: timedelta, key: str) -> pa.Table:
    """The flows at another time, of another export."""
    times = pa.array([t + by for t in table["first_seen"].to_pylist()], table.schema.field("first_seen").type)
    moved = table.set_column(0, table.schema.field("first_seen"), times)
    at = table.schema.get_field_index("export_key")
    return moved.set_column(at, table.schema.field(at), pa.array([key] * table.num_rows))


HOUR = timedelta(hours=1)
__all__ = ["HOUR", "SCANNER", "START", "facts", "flows", "freeze_by_hand", "shifted", "with_dataset"]
