"""The sampling rates that an exporter has announced, and which of them holds for a flow."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.walk import Offsets

Rates = npt.NDArray[np.int32]


class _Timeline:
    """A rate that changes: what it is from each byte of the file on."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.rates: list[int] = []

    def add(self, place: int, rate: int | None) -> None:
        self.places.append(place)
        self.rates.append(rate or 0)

    def at(self, places: Offsets) -> Rates:
        """The rate at each of the places: 0 when it is unknown, -1 before it was first told."""
        if self.places and len(places) and self.places[-1] < places[0]:
            return np.full(len(places), self.rates[-1], np.int32)
        return np.array([-1, *self.rates], np.int32)[np.searchsorted(self.places, places)]


class Samplers:
    """All samplers of one exporter.

    One that overrules goes before all others; then the one that a flow names; else the router's own, if all
    of them have one rate, since nfdump before 1.7.5 keeps no word of which of them a flow met; else a general
    one, else the default.
    """

    def __init__(self) -> None:
        self._each: dict[int, _Timeline] = {}
        self._unnamed = _Timeline()
        self._last: dict[int, int | None] = {}
        self._own: Counter[int | None] = Counter()

    def tell(self, place: int, sampler: int, rate: int | None) -> None:
        """Note a sampler's rate, None for unknown, from this byte of the file on; places must ascend."""
        if sampler >= 0:
            self._own[rate] += 1
            if sampler in self._last:
                self._take_back(self._last[sampler])
        self._last[sampler] = rate
        self._each.setdefault(sampler, _Timeline()).add(place, rate)
        self._unnamed.add(place, self._by_rank())

    def _take_back(self, rate: int | None) -> None:
        self._own[rate] -= 1
        if not self._own[rate]:
            del self._own[rate]

    def _by_rank(self) -> int | None:
        if self._own:
            return next(iter(self._own)) if len(self._own) == 1 else None
        return self._last.get(nf.GENERAL, self._last.get(nf.DEFAULT))

    def rate(self, sampler: int, places: Offsets) -> Rates:
        """1:N of the flows at these bytes (ascending) that name this sampler; 0 is unknown."""
        rate = self._unnamed.at(places)
        for each in (sampler, nf.OVERRULING):
            if each in self._each:
                own = self._each[each].at(places)
                rate = np.where(own >= 0, own, rate)
        return np.maximum(rate, 0)
