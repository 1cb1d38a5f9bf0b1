"""What the stages of an experiment have left in files of JSON."""

import json
from pathlib import Path
from typing import Any


def recorded(path: Path) -> dict[str, Any]:
    """What a stage recorded; nothing where it has not."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found
