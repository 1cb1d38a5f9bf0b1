"""Times in JSON: ISO 8601 text with or without a zone, or ticks since 1970 as a number or as text."""

from collections.abc import Callable
from datetime import UTC, datetime

from dnsanom.schema import LAST_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_reader(per_second: int) -> Callable[[str], int | None]:
    """A function from a time's text to milliseconds since 1970, UTC unless the text names its zone.

    Ticks are whole numbers, and may have a fraction where they are seconds. None for any other text, and for
    times after the year 9999.
    """

    def read(text: str) -> int | None:
        text = text.strip()
        ms = _ticks(text, per_second) if text[:1].isdecimal() and "-" not in text else _iso(text)
        return ms if ms is not None and ms <= LAST_MS else None

    return read


def _ticks(text: str, per_second: int) -> int | None:
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 30) or (fraction and per_second > 1):
        return None
    return int(whole) * 1000 // per_second + int((fraction + "000")[:3])


def _iso(text: str) -> int | None:
    """A zone's name may stand in brackets behind the offset (RFC 9557); 0000-00-00 is a time of 0."""
    try:
        moment = datetime.fromisoformat(text.partition("[")[0].replace("0000-00-00", "1970-01-01"))
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return None
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
