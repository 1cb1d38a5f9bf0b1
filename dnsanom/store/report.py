"""What a pull did, as a value and as lines to read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from dnsanom.store.take import Outcome


@dataclass
class PullReport:
    """Counts of exports and flows, and by key what was set aside and why.

    `seen` exports in the store, `new` of them to take; `committed` are in the lake with `flows` in total;
    `dropped` flows are no DNS. `bad_rows` holds (key, rows, reason); `duplicates` (key, the key with the same
    content); `gone` (key, why) were removed or replaced meanwhile; `unfinished` may still be written, and
    `lost` were leased by somebody else. `missing` are the columns that were not there, by format;
    `unknown_rates` counts by exporter the flows without a sampling rate. `planned` is a dry run's new keys.
    `compacted` small files of the lake became one an hour, `expired` hours left it.
    """

    seen: int = 0
    new: int = 0
    committed: int = 0
    flows: int = 0
    dropped: int = 0
    quarantined: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    bad_rows: list[tuple[str, int, str]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    unfinished: list[tuple[str, str]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    missing: dict[str, set[str]] = field(default_factory=dict)
    truth_files: list[str] = field(default_factory=list)
    unknown_rates: Counter[str] = field(default_factory=Counter)
    planned: list[str] = field(default_factory=list)
    compacted: int = 0
    expired: int = 0
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """How many of the new exports have an outcome."""
        aside = (self.quarantined, self.duplicates, self.gone, self.unfinished, self.lost)
        return self.committed + len(self.truth_files) + sum(map(len, aside))

    @property
    def rate(self) -> float:
        """Flows into the lake a second."""
        return self.flows / self.seconds if self.seconds else 0.0

    def add(self, outcome: Outcome) -> None:
        """Count an export that was committed."""
        key = outcome.info.key
        if outcome.kind == "truth":
            self.truth_files.append(key)
            return
        self.committed += 1
        self.flows += outcome.kept
        self.dropped += outcome.dropped
        self.unknown_rates.update(outcome.unknown_rates)
        if outcome.bad:
            self.bad_rows.append((key, outcome.bad, outcome.reason))
        if outcome.format and outcome.missing:
            self.missing.setdefault(outcome.format, set()).update(outcome.missing)

    def lines(self) -> Iterator[str]:
        """The report as a person reads it."""
        if self.planned:
            yield f"{self.seen:,} exports seen, {self.new:,} new that a pull would take:"
            yield from (f"  {key}" for key in self.planned)
            return
        if not self.new:
            yield f"nothing new to pull: {self.seen:,} exports seen, all known"
            return
        yield f"{self.seen:,} exports seen, {self.new:,} new, {self.committed:,} into the lake"
        dropped = f", {self.dropped:,} that are no DNS dropped" if self.dropped else ""
        yield f"{self.flows:,} flows in {self.seconds:.1f} s, {self.rate:,.0f} flows/s{dropped}"
        yield from (f"no {', '.join(sorted(names))} in {name}" for name, names in self.missing.items())
        yield from (
            f"sampling rate unknown: {flows:,} flows of {exporter} are taken as they stand; a rule under"
            " `sampling` in params.yaml can give one"
            for exporter, flows in self.unknown_rates.most_common()
        )
        if self.compacted:
            yield f"{self.compacted:,} files of the lake's older hours became one an hour"
        if self.expired:
            yield f"{self.expired:,} hours left the lake (lake.keep_days)"
        yield from (f"truth: {key}" for key in self.truth_files)
        yield from (f"quarantined: {key}: {reason}" for key, reason in self.quarantined)
        yield from (f"bad rows: {key}: {count:,}: {reason}" for key, count, reason in self.bad_rows)
        yield from (f"duplicate: {key}: same content as {of}" for key, of in self.duplicates)
        yield from (f"gone: {key}: {reason}" for key, reason in self.gone)
        yield from (
            f"unfinished: {key}: {reason}; the next pull looks again" for key, reason in self.unfinished
        )
        yield from (f"lease lost: {reason}" for _, reason in self.lost)
