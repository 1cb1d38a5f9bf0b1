"""How the report calls things."""

from dnsanom import shares
from dnsanom.model.baselines import CEILING

NAMES = {"knn": "kNN", "svm": "SVM", CEILING: "boosted trees"}


def named(method: str) -> str:
    """A model's or a baseline's name as a reader writes it."""
    return NAMES.get(method, method)


def words(vector: str) -> str:
    """A vector's name as a reader writes it."""
    return vector.replace("_", " ")


def percent(value: float | None, digits: int = 0) -> str:
    """A share as a percentage, – for none."""
    return "–" if value is None else shares.percent(value, digits)


def rate(strength: float | None) -> str:
    """Bytes a second in the unit that reads best."""
    if strength is None:
        return "–"
    for unit, size in (("MB/s", 1e6), ("kB/s", 1e3)):
        if strength >= size:
            return f"{strength / size:,.3g} {unit}"
    return f"{strength:,.3g} B/s"


def listed(parts: list[str]) -> str:
    """The parts as a list in a sentence."""
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)
