"""The command by which analysts say what an alert was."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dnsanom.settings import Settings


@click.command()
@click.argument("alert_id")
@click.argument("vector")
@click.option("--alerts", type=click.Path(path_type=Path), help="alerts.json (default: the newest).")
def verdict(alert_id: str, vector: str, alerts: Path | None) -> None:
    """Say what an alert was: VECTOR is the kind of attack, or `benign` for a false alert.

    The rows that the alert is about are labelled so from the next `dnsanom freeze` on, whatever truth or
    rules say of them.

    \b
    Example:
      dnsanom verdict 0f3a5c7e9b1d2f40 benign
    """
    from dnsanom.cli.output import say
    from dnsanom.dataset.verdicts import add, rows_of
    from dnsanom.prefixes import prefixes
    from dnsanom.settings import load_settings

    settings = load_settings()
    alert = _find(alerts or _newest(settings), alert_id)
    rows = rows_of(alert, vector, prefixes(settings.params.dns.networks("resolvers")))
    add(settings.verdicts, rows)
    say(f"{len(rows)} rows of {vector} in {settings.verdicts}; `dnsanom freeze` takes them in")


def _newest(settings: "Settings") -> Path:
    from dnsanom.detect.find import newest_first
    from dnsanom.errors import BadUseError

    found = newest_first(settings)
    if not found:
        raise BadUseError(f"{settings.data / 'alerts'}: no alerts; name a file by --alerts")
    return found[0]


def _find(path: Path, alert_id: str) -> dict[str, Any]:
    """The alert of that id, or whose id begins so if it is the only one."""
    from dnsanom.errors import BadUseError, one_line

    try:
        alerts = json.loads(path.read_text())
        found = [alert for alert in alerts if alert["id"].startswith(alert_id)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadUseError(f"{path}: not a list of alerts: {one_line(error)}") from error
    if len(found) != 1:
        raise BadUseError(f"{path}: alert {alert_id!r}: {len(found)} of {len(alerts)} alerts have that id")
    return dict(found[0])
