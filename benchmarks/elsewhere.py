"""A model of one ISP on others: trained on a day of one profile, tested on the evening of the others.

At each sampling rate the chosen setting is fitted on the home ISP's rows as that rate shows them, and tested
on exports that sampled at that rate: macro-F1, episodes found, false alerts a day, F1 of each vector, beside
the baselines. The first line of each rate is the home ISP itself, of another seed.

Example:
    python -m benchmarks.elsewhere 4 40 window
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from benchmarks._arguments import Arguments
from dnsanom.dataset.freeze import freeze
from dnsanom.dataset.prepare import prepare
from dnsanom.detect.gather import gather
from dnsanom.detect.merge import merging
from dnsanom.model import frames
from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.elsewhere import labelled, truth_of
from dnsanom.model.evaluate import candidates, winner
from dnsanom.model.methods import methods
from dnsanom.model.refit import refit
from dnsanom.model.sampled import PARTS
from dnsanom.model.scoring import Metrics, alerting, metrics
from dnsanom.model.sweep import sweep
from dnsanom.schema import VECTORS, VIEWS
from dnsanom.settings import Settings, load_settings
from dnsanom.simulate.profile import DEFAULT, PROFILES
from dnsanom.simulate.write import TRUTH, simulate_to

HOURS, CLIENTS, VIEW, SEED, OTHER_SEED = 24.0, 200, "window", 7, 11
START = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
#: Where and how long the others are looked at, so that a run takes minutes.
EVENING, TESTED = timedelta(hours=18), 4.0
ROOT = Path(__file__).parents[1]


def main(hours: float = HOURS, clients: int = CLIENTS, view: str = VIEW) -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(ROOT / "params.yaml", root)
        settings = load_settings(root, {})
        learn(settings, root / "home", hours, clients, view)
        found = candidates(settings, view)
        model = found[winner(found)]
        print(f"{view} view, {DEFAULT}, {hours:g} h, {clients} clients: {model.card['setting']}")
        print(f"{'':34}{'macro':>7}{'found':>12}{'false/d':>9}  " + " ".join(f"{v[:7]:>7}" for v in VECTORS))
        for rate in (1, *settings.params.dataset.sampling_rates):
            for line in at_rate(settings, root, model, rate, clients):
                print(line, flush=True)
    return 0


def learn(settings: Settings, out: Path, hours: float, clients: int, view: str) -> None:
    """The home ISP's day as a data set, and both candidates of it."""
    simulate_to(str(out), START, hours, clients, SEED)
    gather(settings, [str(out)], settings.lake)
    settings.truth.mkdir(parents=True)
    shutil.copy(out / TRUTH, settings.truth)
    freeze(settings, START, START + timedelta(hours=hours))
    prepare(settings, view)
    for model in ("knn", "svm"):
        sweep(settings, view, model, say=lambda line: None)


def at_rate(settings: Settings, root: Path, model: Bundle, rate: int, clients: int) -> Iterator[str]:
    """The lines of one sampling rate."""
    view = model.card["view"]
    known = None if rate == 1 else rate
    train, validation = (frames.load(settings, view, part, known) for part in PARTS[:2])
    if rate > 1:
        try:
            model = refit(settings, model, train, validation, merging(settings.params))
        except ValueError as error:
            yield f"1:{rate}: nothing to learn: {error}"
            return
    for profile in (DEFAULT, *(name for name in PROFILES if name != DEFAULT)):
        out = root / f"{profile}-{rate}"
        simulate_to(str(out), START + EVENING, TESTED, clients, OTHER_SEED, sampling=rate, profile=profile)
        rows = labelled(settings, view, [str(out)], truth_of([str(out)]), model.card["window_seconds"], print)
        for method, figures in compared(settings, model, rows, train, validation).items():
            yield line(f"1:{rate} {profile}, {method}", figures)


def compared(
    settings: Settings, model: Bundle, rows: pd.DataFrame, train: pd.DataFrame, validation: pd.DataFrame
) -> dict[str, Metrics]:
    """Figures of the model and of each baseline."""
    merge, answers = merging(settings.params), predict(model, rows)
    own = metrics(rows, answers) | alerting(rows, answers, float(model.card["threshold"]), merge)
    others = methods(settings, model.card["view"], rows, train, validation)
    return {str(model.card["model"]): own} | {n: m.figures(rows, merge) for n, m in others.items()}


def line(name: str, figures: Metrics) -> str:
    """One method on one ISP."""
    found, vectors = figures["episode_recall"], figures["vectors"]
    f1 = (vectors[v]["f1"] if vectors.get(v, {}).get("support") else None for v in VECTORS)
    told = " ".join(f"{'–' if value is None else format(value, '.2f'):>7}" for value in f1)
    episodes = f"{found['found']} of {found['episodes']}"
    return f"{name:34}{figures['macro_f1']:7.3f}{episodes:>12}{figures['false_alerts_per_day']:9.1f}  {told}"


if __name__ == "__main__":
    given = Arguments("benchmarks.elsewhere", __doc__)
    given.size("hours", HOURS, "hours of the home ISP's day")
    given.size("clients", CLIENTS, "clients of each ISP")
    given.add_argument("view", nargs="?", choices=VIEWS, default=VIEW, help="view (default: %(default)s)")
    sys.exit(main(**vars(given.parse_args())))
