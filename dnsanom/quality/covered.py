"""The exports that a stored result is about, each with the rules that did not hold for it."""

import json
from dataclasses import dataclass
from typing import Any

from dnsanom.quality.exports import of_place
from dnsanom.quality.rules import HOLD_DNS


@dataclass(frozen=True)
class Covered:
    """One export of a result: `here` of its flows from the `first` on, all of them unless it is large."""

    key: str
    first: int
    here: int
    failed: tuple[str, ...]

    @property
    def name(self) -> str:
        """The key, and which of a large export's flows these are where it is not the first of them."""
        return f"{self.key} from flow {self.first:,}" if self.first else self.key


def covered(results: list[dict[str, Any]]) -> list[Covered]:
    """The exports of a result, given as JSON, in its order. A result that names none has none."""
    exports = _exports(results)
    failed: list[list[str]] = [[] for _ in exports]
    for result in (one for one in results if not one["success"]):
        config = result["expectation_config"]
        for n in _touched(result["result"], len(exports)):
            failed[n].append(config.get("description") or config["type"])
    return [
        Covered(key, first, here, tuple(texts))
        for (key, _, _, first, here), texts in zip(exports, failed, strict=True)
    ]


def _exports(results: list[dict[str, Any]]) -> list[tuple[str, int, int, int, int]]:
    configs = (one["expectation_config"] for one in results)
    said = next((c["kwargs"]["exports"] for c in configs if c["type"] == HOLD_DNS), "[]")
    return [tuple(export) for export in json.loads(said)]


def _touched(found: dict[str, Any], exports: int) -> list[int]:
    """Numbers of the exports that a failed rule is about; all of them where it does not say."""
    if "failing" in found.get("details", {}):
        return sorted(map(int, found["details"]["failing"])) or list(range(exports))
    places = found.get("unexpected_index_list") or found.get("partial_unexpected_index_list")
    return sorted({of_place(place)[0] for place in places}) if places else list(range(exports))
