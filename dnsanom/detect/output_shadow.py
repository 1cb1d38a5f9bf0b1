"""The difference between two models as JSON, and as a small page that asks nobody for anything."""

import json
from pathlib import Path
from typing import Any

import jinja2

from dnsanom.detect.alert import Alert, model_words
from dnsanom.detect.difference import Difference, Side
from dnsanom.detect.output_file import put

#: What is told of an alert; the rest is in detection's memory.
KEYS = (
    *("id", "vector", "client", "server", "clients", "servers", "first_seen", "last_seen"),
    *("severity", "score", "windows", "packets", "words"),
)
_TEMPLATE = Path(__file__).with_name("shadow.html")


def write(out: Path, found: Difference) -> None:
    """Write both files, each whole, see `put`."""
    put(out, json.dumps(told(found), indent=2, ensure_ascii=False) + "\n")
    put(out.with_suffix(".html"), page(found))


def told(found: Difference) -> dict[str, Any]:
    """The difference as JSON: who was compared over which hours, counts, and the alerts in short."""
    return {
        "view": found.view,
        "champion": _side(found.champion),
        "challenger": _side(found.challenger),
        "first_hour": found.champion.first,
        "last_hour": found.champion.last,
        "renamed": found.renamed,
        "by_vector": found.by_vector(),
        "by_day": found.by_day(),
        "both": [{"champion": _short(one), "challenger": _short(other)} for one, other in found.both],
        "only_champion": [_short(alert) for alert in found.only_champion],
        "only_challenger": [_short(alert) for alert in found.only_challenger],
    }


def page(found: Difference) -> str:
    """The same for reading."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_TEMPLATE.read_text()).render(
        found=told(found),
        champion=model_words(found.champion.model),
        challenger=model_words(found.challenger.model),
    )


def _side(side: Side) -> dict[str, Any]:
    return {"model": side.model, "threshold": round(side.threshold, 6), "alerts": len(side.alerts)}


def _short(alert: Alert) -> dict[str, Any]:
    whole: dict[str, Any] = dict(alert)
    return {key: whole[key] for key in KEYS}
