"""What alerts are known by: evidence in words, against own history and peers, and the nearest rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dnsanom.detect.alert import Alert, Neighbour
from dnsanom.detect.attribution import shares
from dnsanom.detect.build import peak_of
from dnsanom.detect.evidence import evidence
from dnsanom.detect.history import History
from dnsanom.detect.score import features_of
from dnsanom.model.bundle import Bundle
from dnsanom.model.novelty import nearest

NEIGHBOURS = 5
#: Keys of an alert that this module adds, beside the end of its words.
ADDED = ("words", "evidence", "neighbours")


@dataclass(frozen=True)
class Teller:
    """The model that scored, and where the past of its alerts is."""

    bundle: Bundle
    history: History

    def tell(
        self, alerts: Sequence[Alert], windows: Sequence[pd.DataFrame], flagged: pd.DataFrame
    ) -> list[Alert]:
        """The alerts with their evidence and neighbours, all in one go.

        `windows` are each one's own, `flagged` all that are flagged, in an alert or not.
        """
        if not alerts:
            return []
        peaks = self._peaks(alerts, windows)
        norms, due = self.history.norms(peaks, flagged), shares(self.bundle, peaks)
        near = self._neighbours(peaks)
        view, card = self.history.view, self.bundle.card
        rows = [{str(k): v for k, v in row.items()} for row in peaks.to_dict("records")]
        told = []
        for n, alert in enumerate(alerts):
            proofs = evidence(view, rows[n], card, due[n], norms[n])
            words = f"{alert['words']}: {proofs[0]['words']}"
            told.append(Alert({**alert, "words": words, "evidence": proofs, "neighbours": near[n]}))
        return told

    def _peaks(self, alerts: Sequence[Alert], windows: Sequence[pd.DataFrame]) -> pd.DataFrame:
        """Each alert's peak (0, 1, …): client, window, its first window, what it is said to be, features."""
        rows = []
        for alert, part in zip(alerts, windows, strict=True):
            peak = peak_of(part)
            about = {"client": str(peak["client"]), "window": int(peak["window"])}
            first, features = int(part["window"].min()), features_of(peak.to_dict(), self.history.view)
            rows.append({**about, "first": first, "vector": alert["vector"], **features})
        return pd.DataFrame(rows)

    def _neighbours(self, peaks: pd.DataFrame) -> list[list[Neighbour]]:
        """The nearest labelled rows of each peak, the nearest first."""
        found: list[list[Neighbour]] = [[] for _ in range(len(peaks))]
        for row, vector, distance, weight in nearest(self.bundle, peaks, NEIGHBOURS).itertuples(index=False):
            near = Neighbour(vector=str(vector), distance=round(float(distance), 4), rows=round(weight))
            found[row].append(near)
        return found


def core(alert: Alert) -> dict[str, object]:
    """What an alert is without what this module adds: as long as that stands, what was told stands, too."""
    return {key: value for key, value in alert.items() if key not in ADDED}
