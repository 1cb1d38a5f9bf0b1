"""The gate at work: the evaluated candidate against the champion, its alias, and the way back."""

import json
from typing import Any

from dnsanom.errors import RegistryError
from dnsanom.model import frames, registry
from dnsanom.model.bundle import Bundle, digest, predict
from dnsanom.model.evaluate import candidates, score
from dnsanom.model.gate import Verdict, verdict
from dnsanom.model.scoring import Metrics
from dnsanom.model.tracking import CHAMPION, PREVIOUS, alias_version, load_champion
from dnsanom.settings import Settings


def promote(settings: Settings, view: str) -> Verdict:
    """Register the evaluated candidate, and make it champion if it beats the champion on the same test rows.

    The same candidate is registered once. The verdict's reasons are written on its version either way.
    Raises RegistryError without an evaluated candidate.
    """
    model = _evaluated(settings, view)
    bundle = candidates(settings, view)[model]
    version = registry.register(settings, view, bundle, digest(settings.candidate(view, model)))
    champion = alias_version(settings, view, CHAMPION)
    if version == champion:
        return Verdict(False, (f"version {version} is the champion already",))
    if registry.verdict_of(settings, view, version) == registry.ROLLED_BACK:
        return Verdict(False, (f"version {version} was rolled back; only a rollback brings it back",))
    decided = _compare(settings, view, bundle, champion)
    registry.note(settings, view, version, "promoted" if decided.promote else "kept out", decided.reasons)
    if decided.promote:
        registry.point(settings, view, {CHAMPION: version} | ({PREVIOUS: champion} if champion else {}))
    return decided


def rollback(settings: Settings, view: str) -> str:
    """Make the previous champion champion again; the two change places, so a second rollback undoes it.

    Gives the version that is champion now. Raises RegistryError when there is no previous champion.
    """
    previous = registry.require(alias_version(settings, view, PREVIOUS), view, PREVIOUS)
    champion = registry.require(alias_version(settings, view, CHAMPION), view, CHAMPION)
    registry.point(settings, view, {CHAMPION: previous, PREVIOUS: champion})
    registry.note(settings, view, champion, registry.ROLLED_BACK, (f"version {previous} is champion again",))
    registry.note(settings, view, previous, "promoted", (f"rollback from version {champion}",))
    return previous


def _compare(settings: Settings, view: str, candidate: Bundle, champion: str | None) -> Verdict:
    old = _score(settings, view, load_champion(settings, view)) if champion else None
    return verdict(_score(settings, view, candidate), old, settings.params.gate)


def _score(settings: Settings, view: str, bundle: Bundle) -> Metrics:
    rows = frames.load(settings, view, "test")
    return score(settings, bundle, rows, predict(bundle, rows))


def _evaluated(settings: Settings, view: str) -> str:
    """Kind of the candidate that the report chose, if it is still the one in the candidate's folder."""
    path = settings.report(view) / "chosen.json"
    try:
        chosen: dict[str, Any] = json.loads(path.read_text())
        model, known = str(chosen["model"]), chosen["digest"]
        now = digest(settings.candidate(view, model))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(
            f"{path}: no evaluated candidate; run `dnsanom evaluate --view {view}`"
        ) from error
    if now != known:
        raise RegistryError(f"{path}: {model} was swept since; run `dnsanom evaluate --view {view}`")
    return model
