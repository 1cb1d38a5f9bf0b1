"""`dnsanom ledger`: what became of each export, and another try for those in quarantine."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from dnsanom.cli.data import _utc
from dnsanom.store.ledger_states import DONE, FREE, WORK

if TYPE_CHECKING:
    from dnsanom.store.ledger import Ledger
    from dnsanom.store.ledger_reader import Total
    from dnsanom.store.ledger_tables import Entry


@click.group(invoke_without_command=True)
@click.option("--state", type=click.Choice([*FREE, *WORK, *DONE]), help="List the exports in this state.")
@click.option("--since", callback=_utc, help="Only exports that were touched since this time (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, each export with all that is known.")
@click.pass_context
def ledger(ctx: click.Context, state: str | None, since: datetime | None, as_json: bool) -> None:
    """What became of the exports: how many are in which state, and with --state each of them.

    rows were in an export; kept of them are in the lake, dropped are no DNS, bad could not be read or are not
    valid; missing are the columns that its format lacks.

    \b
    Example:
      dnsanom ledger
      dnsanom ledger --state quarantined --since 2026-03-02
      dnsanom ledger --state quarantined --json
      dnsanom ledger retry --all-quarantined
    """
    if ctx.invoked_subcommand is not None:
        return
    from dnsanom.cli.output import say

    moment = 0.0 if since is None else since.timestamp()
    with _opened() as opened:
        if as_json:
            exports = [asdict(entry) for entry in opened.entries(state, moment)]
            found = {"ledger": opened.name, "states": opened.counts(), "exports": exports}
            say(json.dumps(found, indent=2))
            return
        lines = _counted(opened.totals(moment)) if state is None else _listed(opened.entries(state, moment))
        say(f"ledger {opened.name}")
        for line in lines:
            say(line)


@ledger.command()
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--all-quarantined", is_flag=True, help="All that are in quarantine.")
def retry(keys: tuple[str, ...], all_quarantined: bool) -> None:
    """Open quarantined exports again, so that the next pull takes them.

    What is in quarantine stays there until an export is in the lake.

    \b
    Example:
      dnsanom ledger retry edge1/nfcapd.202603020010
      dnsanom ledger retry --all-quarantined
    """
    from dnsanom.cli.output import say

    if bool(keys) == all_quarantined:
        raise click.UsageError("ledger retry: give KEYs or --all-quarantined, one of the two")
    with _opened() as opened:
        again = opened.retry(None if all_quarantined else keys)
    for key in again:
        say(f"opened again: {key}")
    say(f"{len(again):,} exports to be taken by the next `dnsanom pull`")


def _opened() -> "Ledger":
    from dnsanom.settings import load_settings
    from dnsanom.store.ledger import Ledger

    return Ledger(load_settings().ledger)


def _counted(totals: "list[Total]") -> Iterator[str]:
    if not totals:
        yield "no export is known yet"
        return
    yield f"{'state':<12}{'exports':>12}{'rows':>16}{'kept':>16}{'dropped':>16}{'bad':>12}"
    for t in totals:
        yield f"{t.state:<12}{t.exports:>12,}{t.rows:>16,}{t.kept:>16,}{t.dropped:>16,}{t.bad:>12,}"


def _listed(entries: "list[Entry]") -> Iterator[str]:
    for e in entries:
        time = datetime.fromtimestamp(e.finished or e.leased or e.discovered, UTC)
        numbers = {"rows": e.rows, "kept": e.kept, "dropped": e.dropped, "bad": e.bad, "tries": e.tries}
        told = ", ".join(f"{name} {'-' if n is None else f'{n:,}'}" for name, n in numbers.items())
        missing = f", missing {e.missing}" if e.missing else ""
        yield f"{time:%Y-%m-%d %H:%M:%S}  {e.key} ({e.size:,} bytes): {told}{missing}: {e.reason or '-'}"
    yield f"{len(entries):,} exports"
