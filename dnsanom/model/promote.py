"""The gate at work: the evaluated candidate against the champion, its alias, and the way back."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from dnsanom.errors import OutdatedModelError, RegistryError
from dnsanom.model import frames, modelcard, registry
from dnsanom.model.bundle import EXTRA_FILES, MODEL_FILE, Bundle, digest, predict
from dnsanom.model.evaluate import candidates, score
from dnsanom.model.gate import Budget, Tried, Verdict, verdict
from dnsanom.model.lengths import apart
from dnsanom.model.paired import gain
from dnsanom.model.threshold import days
from dnsanom.model.tracking import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    alias_version,
    load_champion,
    load_uri,
    model_name,
)
from dnsanom.settings import Settings

#: The artifact of the version's run that holds the verdict.
VERDICT_FILE = "verdict.json"
#: A model's speed is its best of so many tries, unless the first is quick enough.
TRIES = 3


def promote(settings: Settings, view: str, new_window: bool = False) -> Verdict:
    """Register the evaluated candidate, and make it champion if it passes the gate on the same test rows.

    The same candidate is registered once. The verdict is written on its version either way, and beside the
    model card among the artifacts of its run. A champion of windows of another length keeps the candidate
    out, unless `new_window` says that the change is meant. Raises RegistryError without an evaluated
    candidate.
    """
    model = _evaluated(settings, view)
    bundle = candidates(settings, view)[model]
    version = registry.register(settings, view, bundle, digest(settings.candidate(view, model)))
    champion = alias_version(settings, view, CHAMPION)
    if version == champion:
        return Verdict(False, (f"version {version} is the champion already",))
    if registry.verdict_of(settings, view, version) == registry.ROLLED_BACK:
        return Verdict(False, (f"version {version} was rolled back; only a rollback brings it back",))
    registered = replace(bundle, card={**bundle.card, "version": version})
    decided = _judge(settings, view, registered, champion, new_window)
    word = "promoted" if decided.promote else "kept out"
    card = modelcard.markdown(settings, view, bundle, version, word, decided.reasons)
    registry.note(settings, view, version, word, decided.reasons, card)
    told = {"view": view, "version": version, "champion": champion, "at": f"{datetime.now(UTC):%FT%TZ}"}
    told |= {
        "data_md5": bundle.card["data_md5"],
        "code": frames.code_version(settings.root),
        **decided.told(),
    }
    verdict_json = json.dumps(told, indent=2) + "\n"
    registry.attach(settings, view, version, {VERDICT_FILE: verdict_json, modelcard.CARD_FILE: card})
    if decided.promote:
        registry.point(settings, view, {CHAMPION: version} | ({PREVIOUS: champion} if champion else {}))
        if alias_version(settings, view, CHALLENGER) == version:
            registry.unpoint(settings, view, CHALLENGER)
    return decided


def rollback(settings: Settings, view: str) -> str:
    """Make the previous champion champion again; the two change places, so a second rollback undoes it.

    Gives the version that is champion now. Raises RegistryError when there is no previous champion, or this
    dnsanom can't load it.
    """
    previous = registry.require(alias_version(settings, view, PREVIOUS), view, PREVIOUS)
    champion = registry.require(alias_version(settings, view, CHAMPION), view, CHAMPION)
    load_uri(settings, f"models:/{model_name(view)}/{previous}")
    registry.point(settings, view, {CHAMPION: previous, PREVIOUS: champion})
    registry.note(settings, view, champion, registry.ROLLED_BACK, (f"version {previous} is champion again",))
    registry.note(settings, view, previous, "promoted", (f"rollback from version {champion}",))
    return previous


def _judge(settings: Settings, view: str, bundle: Bundle, champion: str | None, new_window: bool) -> Verdict:
    """The gate's verdict; a champion that this dnsanom can't load any more is no rival, and that is said."""
    try:
        old = load_champion(settings, view) if champion else None
    except OutdatedModelError as error:
        decided = _compare(settings, view, bundle, None, new_window)
        return Verdict(decided.promote, (*decided.reasons, f"no rival: {error}"), decided.checks)
    return _compare(settings, view, bundle, old, new_window)


def _compare(
    settings: Settings, view: str, bundle: Bundle, champion: Bundle | None, new_window: bool
) -> Verdict:
    rows, params = frames.load(settings, view, "test"), settings.params
    folder = settings.candidate(view, bundle.card["model"])
    size = sum((folder / name).stat().st_size for name in (MODEL_FILE, *EXTRA_FILES))
    new, candidate = _try(settings, bundle, rows, size)
    budget = Budget(params.detect.false_alerts_per_day, days(rows))
    if champion is None:
        return verdict(candidate, None, None, params.gate, budget)
    if lengths := apart(bundle, champion, new_window):
        return verdict(candidate, None, None, params.gate, budget, lengths)
    old, rival = _try(settings, champion, rows)
    won = gain(rows, view, new, old, params.dataset.seed)
    return verdict(candidate, rival, won, params.gate, budget)


def _try(
    settings: Settings, bundle: Bundle, rows: pd.DataFrame, size: int | None = None
) -> tuple[pd.DataFrame, Tried]:
    """A model's answers to the test rows, and what they are worth."""
    best = 0.0
    for _ in range(TRIES):
        start = time.perf_counter()
        answers = predict(bundle, rows)
        best = max(best, len(rows) / (time.perf_counter() - start))
        if best >= settings.params.gate.min_rows_per_second:
            break
    return answers, Tried(score(settings, bundle, rows, answers), round(best), size)


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
