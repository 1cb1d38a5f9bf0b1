"""Alerts as a JSON file: a list of objects."""

import json
from pathlib import Path

from dnsanom.detect.alert import Alert
from dnsanom.detect.output_file import put


def write(path: Path, alerts: list[Alert]) -> None:
    """Write the list whole, see `put`."""
    put(path, json.dumps(alerts, indent=2, ensure_ascii=False) + "\n")
