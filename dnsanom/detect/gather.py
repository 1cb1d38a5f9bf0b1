"""Exports → a lake of their own, so that exports given by hand go the same way as those of the lake."""

from dataclasses import dataclass, field
from pathlib import Path

from dnsanom.detect.alert import Unread
from dnsanom.detect.sources import Source, expand
from dnsanom.errors import DnsanomError
from dnsanom.schema import TRUTH_COLUMNS
from dnsanom.settings import Settings


@dataclass
class Gathered:
    """What became of the sources: how many there were, and which gave no flows or lost rows."""

    sources: int = 0
    unread: list[Unread] = field(default_factory=list)
    ignored: list[Unread] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)


def gather(settings: Settings, sources: list[str], lake: Path) -> Gathered:
    """Decode every export into the lake folder, one at a time; what can't be read is named and left out."""
    found, missing = expand(settings, sources)
    gathered = Gathered(sources=len(found) + len(missing), unread=missing)
    for source in found:
        try:
            _take(settings, source, lake, gathered)
        except (DnsanomError, OSError) as error:
            gathered.unread.append(Unread(source.key, _named(source.key, error)))
    return gathered


def _take(settings: Settings, source: Source, lake: Path, gathered: Gathered) -> None:
    from dnsanom.netflow import decode
    from dnsanom.store import lake as lakes

    data = source.load()
    if is_truth(data):
        gathered.ignored.append(Unread(source.key, "a truth file, not an export"))
        return
    decoded = decode(data, source.key, settings.params.dns)
    if decoded.report.rejected:
        gathered.rejected[source.key] = decoded.report.rejected
    if decoded.flows.num_rows:
        lakes.write(lake, decoded.flows, source.key)


def is_truth(data: bytes) -> bool:
    """The file is labels, known by its header."""
    return data[:200].split(b"\n", 1)[0].strip() == ",".join(TRUTH_COLUMNS).encode()


def _named(key: str, error: Exception) -> str:
    """One line that names the source, whether or not the error does."""
    text = " ".join(str(error).split())
    if isinstance(error, FileNotFoundError):
        return f"{key}: no such file"
    return text if text.startswith(key) else f"{key}: {text}"
