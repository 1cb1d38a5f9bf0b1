"""What the JSON objects of one program look like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from dnsanom.netflow.jsonflow.batches import Mend
from dnsanom.netflow.jsonflow.pieces import Object
from dnsanom.netflow.jsonflow.values import Value

#: Columns that a flow can't do without; `last_seen` becomes the duration.
REQUIRED = frozenset(
    ["first_seen", "last_seen", "protocol", "src_ip", "src_port", "dst_ip", "dst_port", "packets", "bytes"]
)


def _nothing(_: Object) -> None:
    return None


def _never(_: Object) -> bool:
    return False


@dataclass(frozen=True)
class Vocabulary:
    """A program's keys: key → column and kind of value.

    Of several keys for a column the first with a value counts. `complete` puts keys into an object that
    follow from others. `describes` knows objects that are no flows but tell about the export. `mend` makes
    JSON of text that is nearly that. `raw_counts` says that nothing was multiplied by the sampling rate.
    """

    name: str
    keys: Mapping[str, tuple[str, Value]]
    complete: Callable[[Object], None] = _nothing
    describes: Callable[[Object], bool] = _never
    mend: Mend | None = None
    raw_counts: bool = False

    @cached_property
    def columns(self) -> list[tuple[str, list[tuple[str, Value]]]]:
        """Column → its keys."""
        made: dict[str, list[tuple[str, Value]]] = {}
        for key, (column, kind) in self.keys.items():
            made.setdefault(column, []).append((key, kind))
        return list(made.items())
