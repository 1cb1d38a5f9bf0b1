"""In what an alert that was derived again differs from the one on record."""

from collections.abc import Iterator, Mapping
from typing import Any

from dnsanom.detect.alert import Alert, Evidence

#: Keys that are compared as they are; scores and evidence are compared as numbers.
PLAIN = (
    "first_seen",
    "last_seen",
    "client",
    "server",
    "clients",
    "servers",
    "vector",
    "vectors",
    "severity",
    "windows",
    "spans",
    "peak",
    "flows",
    "packets",
    "bytes",
    "noise",
    "exports",
    "data_md5",
    "code",
)
#: Numbers that differ by less are the same: a score is kept to six decimals.
CLOSE = 2e-6
#: What evidence says of the client's past and its peers, which exports fetched by themselves do not hold.
AROUND = ("own", "peers")


def differences(was: Alert, now: Alert, around: bool) -> list[str]:
    """A line for each thing that differs; with `around` own history and peers are compared, too."""
    return [*_plain(was, now), *_numbers(was, now, ("score", "threshold")), *_evidence(was, now, around)]


def _plain(was: Alert, now: Alert) -> Iterator[str]:
    before: Mapping[str, Any] = was
    after: Mapping[str, Any] = now
    for key in PLAIN:
        if before.get(key) != after.get(key):
            yield f"{key}: recorded {before.get(key)}, now {after.get(key)}"
    if was["id"] != now["id"] and was["spans"] == now["spans"]:
        yield f"id: recorded {was['id']}, now {now['id']}"


def _numbers(was: Mapping[str, Any], now: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        before, after = was.get(key), now.get(key)
        same = before == after if None in (before, after) else abs(before - after) <= CLOSE  # type: ignore[operator]
        if not same:
            yield f"{key}: recorded {before}, now {after}"


def _evidence(was: Alert, now: Alert, around: bool) -> Iterator[str]:
    before, after = _by_feature(was), _by_feature(now)
    if around and list(before) != list(after):
        yield f"evidence: recorded {', '.join(before)}, now {', '.join(after)}"
    keys = ("value", "usual", "share", *(AROUND if around else ()))
    for name in before.keys() & after.keys():
        yield from (f"evidence {name}: {line}" for line in _numbers(before[name], after[name], keys))
    if _near(was) != _near(now):
        yield f"neighbours: recorded {_near(was)}, now {_near(now)}"


def _by_feature(alert: Alert) -> dict[str, Evidence]:
    return {piece["feature"]: piece for piece in alert["evidence"]}


def _near(alert: Alert) -> str:
    return ", ".join(f"{n['vector']} at {n['distance']:.3f}" for n in alert.get("neighbours", []))
