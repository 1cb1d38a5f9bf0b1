"""The same expressions for Spark: they compile in its dialect, and mean the same in any time zone."""

import os
import subprocess
import sys
from pathlib import Path

import ibis
import pytest
from handflows import CLIENT, DNS, RESOLVER, flow, table
from ibis.config import Config

from dnsanom.dataset.noise import tag
from dnsanom.dataset.views import rows
from dnsanom.params import Noise

NOISE = Noise(lists=("public_resolvers", "known_scanners"))


class SparkOptions(Config):
    """What Ibis's compiler asks of its Spark backend, which needs pyspark to load."""

    treat_nan_as_null: bool = False


@pytest.mark.parametrize("view", ["window", "flow"])
def test_views_compile_for_spark(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    made = rows(tag(table([flow(0, CLIENT, 4000, RESOLVER, 53)]), NOISE), view, DNS)
    sql = str(ibis.to_sql(made, dialect="pyspark"))
    assert "UNIX_TIMESTAMP" in sql.upper()
    assert "UNION" in sql.upper()


def test_times_do_not_depend_on_the_machine_s_zone() -> None:
    code = (
        "from handflows import *; r = view('window', [flow(59.9, CLIENT, 4000, RESOLVER, 53, last=0.2),"
        " flow(60, CLIENT, 4000, RESOLVER, 53)]); print(r[['first_seen', 'last_seen']].to_csv())"
    )
    env = {**os.environ, "TZ": "Asia/Kathmandu", "PYTHONPATH": str(Path(__file__).parent)}
    out = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert "2026-03-02 00:00:59.900+00:00,2026-03-02 00:01:00.100+00:00" in out
    assert out.count("2026-03-02") == 4
