"""Outcomes into lake and ledger: what a pull's own process does, batch by batch.

An export is first said to be decoded, which makes sure that it is still this pull's; then its staged files
are published, and then it is committed. Whatever breaks off in between leaves it at work, and the next pull
takes its rows out again.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from dnsanom.errors import LeaseLostError
from dnsanom.quality import quarantine
from dnsanom.settings import Settings
from dnsanom.store import lake, truth
from dnsanom.store.ledger import Ledger
from dnsanom.store.report import PullReport
from dnsanom.store.take import Outcome


class Settling:
    """Settles outcomes; `writing` are the keys whose rows may be in the lake and are not committed."""

    def __init__(self, settings: Settings, ledger: Ledger, report: PullReport, staging: Path) -> None:
        self.settings, self.ledger, self.report, self.staging = settings, ledger, report, staging
        self.writing: set[str] = set()

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Settle a batch. Of those with the same content, the later ones after the first."""
        first = {outcome.sha256: outcome for outcome in reversed(outcomes) if outcome.is_kept}
        now = [outcome for outcome in outcomes if first.get(outcome.sha256, outcome) is outcome]
        with self.ledger.together():
            ready = [(o, self.ledger.taken_before(o.info.key)) for o in now if self._is_ready(o)]
        self.writing |= {outcome.info.key for outcome, _ in ready}
        for outcome, known in ready:
            self._publish(outcome, known)
        with self.ledger.together():
            committed = [(outcome, known) for outcome, known in ready if self._commit(outcome)]
        self.writing.clear()
        for outcome, known in committed:
            if known:
                quarantine.forget(self.settings.quarantine, outcome.info.key, rows=not outcome.bad)
        if later := [outcome for outcome in outcomes if outcome not in now]:
            self.settle(later)

    def _is_ready(self, outcome: Outcome) -> bool:
        """Whether the outcome is to be published; all others are settled by this."""
        try:
            return self._prepare(outcome)
        except LeaseLostError as error:
            self.report.lost.append((outcome.info.key, str(error)))
            return False

    def _prepare(self, outcome: Outcome) -> bool:
        info, reason = outcome.info, outcome.reason
        if outcome.kind == "gone":
            self.ledger.gone(info, reason)
            self.report.gone.append((info.key, reason))
        elif outcome.kind == "unfinished":
            self.ledger.release(info, reason)
            self.report.unfinished.append((info.key, reason))
        elif outcome.kind == "quarantine":
            self._quarantine(outcome)
        elif (holder := self.ledger.holder(outcome.sha256, info.key)) is not None:
            self._duplicate(outcome, holder)
        else:
            self.ledger.decoded(info)
            return True
        return False

    def _quarantine(self, outcome: Outcome) -> None:
        self.ledger.quarantine(outcome.info, outcome.sha256, outcome.reason, **_counts(outcome))
        self.report.quarantined.append((outcome.info.key, outcome.reason))

    def _duplicate(self, outcome: Outcome, holder: str) -> None:
        """The same content stands under another key: what this key brought before leaves its place."""
        key = outcome.info.key
        self.ledger.duplicate(outcome.info, outcome.sha256, holder)
        if self.ledger.taken_before(key):
            self._remove(key)
        truth.remove(self.settings.truth, key)
        quarantine.forget(self.settings.quarantine, key, rows=True)
        self.report.duplicates.append((key, holder))

    def _publish(self, outcome: Outcome, known: bool) -> None:
        """Bring what is staged to its place, and what the key held before out of it."""
        settings, key = self.settings, outcome.info.key
        if outcome.staged is not None:
            with self.ledger.alone() if known else nullcontext():
                lake.publish(settings.lake, outcome.staged, known)
            truth.remove(settings.truth, key)
        else:
            truth.publish(settings.truth, self.staging, key)
            if known:
                self._remove(key)

    def _commit(self, outcome: Outcome) -> bool:
        """Whether it is committed; a lost lease and a duplicate are settled by this."""
        info = outcome.info
        try:
            holder = self.ledger.commit(
                info,
                outcome.sha256,
                outcome.kind,
                kept=outcome.kept,
                seen=outcome.seen,
                **_counts(outcome),
            )
        except LeaseLostError as error:
            # The rows stay: whoever has the lease now writes the same ones, or the next pull removes them.
            self.report.lost.append((info.key, str(error)))
            return False
        if holder is None:
            self.report.add(outcome)
            return True
        self._remove(info.key)
        self._duplicate(outcome, holder)
        return False

    def _remove(self, key: str) -> None:
        with self.ledger.alone():
            lake.remove(self.settings.lake, key)


def _counts(outcome: Outcome) -> dict[str, Any]:
    """What the ledger keeps of an export's rows, whatever became of it."""
    names = ("rows", "bad", "dropped", "missing", "format")
    return {name: getattr(outcome, name) for name in names}
