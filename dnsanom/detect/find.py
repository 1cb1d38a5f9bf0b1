"""An alert by its id: in a file of alerts, or in what detection remembers of the lake."""

import json
from pathlib import Path

from dnsanom.detect import state
from dnsanom.detect.alert import Alert
from dnsanom.errors import BadUseError, one_line
from dnsanom.settings import Settings


def find(settings: Settings, alert_id: str, file: Path | None = None) -> tuple[Alert, str]:
    """The alert of that id, or whose id begins so if it is the only one, and where it was found.

    Looked for in `file`; without one in ./alerts.json, in data/alerts, the newest first, then in detection's
    memory. Raises BadUseError when it is in none of them.
    """
    looked_in = [file] if file else newest_first(settings)
    for path in looked_in:
        alerts = [alert for alert in _read(path) if str(alert.get("id", "")).startswith(alert_id)]
        if alerts:
            return _one(alerts, alert_id, path), str(path)
    memory = settings.data / "detect.db"
    alerts = state.remembered(memory, alert_id) if not file and memory.exists() else []
    if not alerts:
        looked = ", ".join(str(path) for path in looked_in) or str(settings.data / "alerts")
        raise BadUseError(f"{alert_id}: no alert of this id in {looked}; name a file by --alerts")
    return _one(alerts, alert_id, memory), str(memory)


def newest_first(settings: Settings) -> list[Path]:
    """Files of alerts that are there: ./alerts.json and those of data/alerts."""
    found = [p for p in (Path("alerts.json"), *(settings.data / "alerts").glob("*.json")) if p.exists()]
    return sorted(found, key=lambda path: -path.stat().st_mtime)


def _read(path: Path) -> list[Alert]:
    try:
        alerts = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadUseError(f"{path}: no file of alerts: {one_line(error)}") from error
    if not isinstance(alerts, list):
        raise BadUseError(f"{path}: no file of alerts: must be a list")
    return alerts


def _one(alerts: list[Alert], alert_id: str, path: Path) -> Alert:
    if len({alert["id"] for alert in alerts}) > 1:
        raise BadUseError(f"{alert_id}: {len(alerts)} alerts in {path} begin so; give more digits")
    return alerts[0]
