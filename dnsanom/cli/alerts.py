"""Commands about alerts that are there: explain, shadow."""

import sys
from datetime import datetime
from pathlib import Path

import click

from dnsanom.cli.data import _utc


@click.command()
@click.argument("alert_id")
@click.option("--alerts", type=click.Path(path_type=Path), help="alerts.json (default: the newest).")
@click.option("--model", help="Model folder or MLflow URI, for an alert of an unregistered model.")
@click.option("--fetch", is_flag=True, help="Decode its exports anew, though the lake holds them.")
def explain(alert_id: str, alerts: Path | None, model: str | None, fetch: bool) -> None:
    """Derive an alert again and say whether anything differs; the first digits of its id are enough.

    From the lake, or where it lacks an export from the store (or the file) by the export's key; by the model
    version on record. Prints the alert in words with the first of its flows. Compared are ids, counts, score,
    evidence, data and code version, and the exports' contents by the ledger. Exit 1 when anything differs.

    \b
    Example:
      dnsanom explain 0f3a5c7e9b1d2f40 --alerts alerts.json
    """
    from dnsanom.cli.output import say
    from dnsanom.detect.explain import explain as explain_alert
    from dnsanom.settings import load_settings

    found = explain_alert(load_settings(), alert_id, alerts, model, fetch)
    for line in found.lines():
        say(line)
    if not found.equal:
        sys.exit(1)


@click.command()
@click.option(
    "--view", required=True, type=click.Choice(["window", "flow"]), help="A minute of a pair, a flow."
)
@click.option("--challenger", help="Version, model folder or MLflow URI (default: the alias `challenger`).")
@click.option(
    "--since", callback=_utc, help="Compare from this hour on (UTC; default: what neither learned)."
)
@click.option("--schedule", is_flag=True, help="Have the scheduled detection run this version from now on.")
@click.option("--out", default="shadow.json", show_default=True, type=click.Path(path_type=Path))
def shadow(view: str, challenger: str | None, since: datetime | None, schedule: bool, out: Path) -> None:
    """Run a challenger beside the champion on the lake's hours, and write what they alert differently.

    Nobody is alerted. Each run goes on where the last one of the same two models stopped. OUT holds the
    difference, and the same as a page beside it (shadow.html for shadow.json).

    \b
    Example:
      dnsanom shadow --view window --challenger 3
    """
    from dnsanom.cli.output import say
    from dnsanom.detect.shadow import shadow_to
    from dnsanom.settings import load_settings

    for line in shadow_to(load_settings(), view, challenger, out, since, schedule).lines():
        say(line)
