"""Flow `ingest`: what is new in the object store goes into the lake."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from dnsanom.errors import NoBucketError, StoreEmptyError
from dnsanom.settings import Settings, load_settings
from flows import artifacts
from flows.edge import ONCE, RETRIED, by_time, done, logged, one_line


@flow(
    name="ingest",
    flow_run_name=by_time,
    description="New exports of the object store: fetch, decode, validate, into the lake.",
)
@one_line
def ingest() -> State[Any]:
    """Pull what is new and show what became of it.

    An empty bucket is no failure (state `Empty`): before the first upload there is nothing to take. A missing
    one is: somebody has to create it, or to name another.
    """
    began = time.time()
    pulled = pull_new()
    if pulled.new:
        show(began)
        build_docs()
    return done(pulled.told, pulled.state)


class Pulled(NamedTuple):
    """How many exports were new, the report in a line, and the name of the run's state if it has its own."""

    new: int
    told: str
    state: str | None = None


@task(name="pull", **RETRIED)
def pull_new() -> Pulled:
    """Pull, and log the report."""
    from dnsanom.store.pull import pull

    try:
        report = pull(load_settings(), progress=logged("pull"))
    except NoBucketError:
        raise
    except StoreEmptyError as error:
        return Pulled(0, str(error), "Empty")
    first, *rest = report.lines()
    for line in rest:
        get_run_logger().info(line)
    aside = {
        "quarantined": len(report.quarantined),
        "duplicates": len(report.duplicates),
        "with bad rows": len(report.bad_rows),
    }
    flows = [f"{report.flows:,} flows"] if report.new else []
    return Pulled(report.new, ", ".join([first, *flows, *(f"{n} {name}" for name, n in aside.items() if n)]))


@task(name="show exports", **ONCE)
def show(since: float) -> None:
    """Tables of the exports finished since a Unix time, and of what was set aside with its reason."""
    rows = list(_finished(load_settings(), since))
    artifacts.table("ingest-exports", rows, "What became of each new export.")
    aside = [{k: row[k] for k in ("export", "became", "bad rows", "reason")} for row in rows if row["reason"]]
    artifacts.table("ingest-set-aside", aside, "Exports and rows that are not in the lake, and why.")


@task(name="build Data Docs", **ONCE)
def build_docs() -> None:
    """Data Docs of all validations, linked."""
    from dnsanom.quality.docs import build

    settings = load_settings()
    artifacts.page(
        settings, "data-docs", build(settings), "Data Docs", "Great Expectations' results, export by export."
    )


def _finished(settings: Settings, since: float) -> Iterator[dict[str, Any]]:
    from dnsanom.store.ledger import Ledger

    with Ledger(settings.ledger) as ledger:
        entries = [e for e in ledger.entries() if e.finished is not None and e.finished >= since]
    for e in entries:
        yield {
            "export": e.key,
            "became": e.state,
            "kind": e.kind,
            "rows": e.rows,
            "in the lake": e.kept,
            "bad rows": e.bad,
            "reason": f"same content as {e.reason}" if e.state == "duplicate" else e.reason,
            "bytes": e.size,
        }
