"""Exports → a lake of their own, so that exports given by hand go the same way as those of the lake."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.detect.alert import Unread
from dnsanom.detect.sources import Source, expand
from dnsanom.errors import DnsanomError, one_line
from dnsanom.schema import COLUMNS
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
    from dnsanom.store.lake import write
    from dnsanom.store.truth import is_truth

    data = source.load()
    if is_truth(data):
        gathered.ignored.append(Unread(source.key, "a truth file, not an export"))
        return
    decoded = decode(data, source.key, settings.params.dns)
    good = decoded.flows.filter(in_bounds(decoded.flows))
    rejected = decoded.report.rejected + len(decoded.flows) - len(good)
    if rejected:
        gathered.rejected[source.key] = rejected
    if len(good):
        write(lake, good, source.key)


def in_bounds(flows: pa.Table) -> pa.ChunkedArray:
    """Which flows keep the schema's bounds and nulls. They are not validated further than that."""
    good = pa.chunked_array([np.ones(len(flows), dtype=bool)])
    for column in COLUMNS:
        values = flows[column.name]
        for limit, holds in ((column.low, pc.greater_equal), (column.high, pc.less_equal)):
            if limit is not None:
                good = pc.and_(good, pc.fill_null(holds(pc.cast(values, pa.float64()), limit), True))
        if not column.nullable:
            good = pc.and_(good, pc.is_valid(values))
    return good


def _named(key: str, error: Exception) -> str:
    """One line that names the source, whether or not the error does."""
    text = one_line(error)
    if isinstance(error, FileNotFoundError):
        return f"{key}: no such file"
    return text if text.startswith(key) else f"{key}: {text}"
