"""Alerts as a JSON file: a list of objects."""

import json
from pathlib import Path

from dnsanom.detect.alert import Alert


def write(path: Path, alerts: list[Alert]) -> None:
    """Write the list so that a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    half.write_text(json.dumps(alerts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)
