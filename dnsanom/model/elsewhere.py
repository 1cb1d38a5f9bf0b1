"""The champion on labelled exports from elsewhere: another network, another day, a labelled capture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pandas as pd

from dnsanom.dataset import fingerprint, noise, views
from dnsanom.dataset.labels import label
from dnsanom.dataset.truth import read_truth
from dnsanom.detect.gather import gather
from dnsanom.detect.merge import Merging, merging
from dnsanom.errors import BadUseError, DatasetError
from dnsanom.model import examined, frames, report
from dnsanom.model.bundle import Bundle, open_bundle, predict
from dnsanom.model.evaluation import Evaluation
from dnsanom.model.methods import Method, methods, rules_only
from dnsanom.model.scoring import alerting, metrics
from dnsanom.settings import Settings
from dnsanom.store import lake as lakes

TRUTH = "truth.csv"
Say = Callable[[str], None]


def evaluate_on(
    settings: Settings,
    view: str,
    sources: Sequence[str],
    model: str | None = None,
    truth: Path | None = None,
    out: Path | None = None,
    say: Say = print,
) -> Path:
    """Score the champion, or `model`, on exports with truth, and write the same report to `out`.

    Truth is `truth`, else the truth.csv beside the exports. Returns the page's path. Raises BadUseError
    without truth, DatasetError when no export could be read.
    """
    known = truth_of(sources, truth)
    bundle = open_bundle(settings, view, model)
    length = int(bundle.card["window_seconds"])
    rows = labelled(settings, view, sources, known, length, say)
    folder = out or settings.data / "elsewhere" / view
    report.write(folder, examine(settings, bundle, rows, ", ".join(sources)))
    return folder / "report.html"


def truth_of(sources: Sequence[str], truth: Path | None = None) -> pd.DataFrame:
    """The truth that goes with exports. Raises BadUseError when there is none."""
    if truth is not None:
        if not truth.exists():
            raise BadUseError(f"{truth}: no such file")
        return read_truth(truth)
    folders = {path if path.is_dir() else path.parent for path in map(Path, sources)}
    found = sorted(folder / TRUTH for folder in folders if (folder / TRUTH).exists())
    if not found:
        raise BadUseError(f"{', '.join(sources)}: no {TRUTH} beside; --truth FILE says what is true")
    return pd.concat([read_truth(path) for path in found], ignore_index=True)


def labelled(
    settings: Settings, view: str, sources: Sequence[str], truth: pd.DataFrame, length: int, say: Say
) -> pd.DataFrame:
    """Rows of the view made of exports, labelled by truth. Raises DatasetError when there are none."""
    params = settings.params
    with TemporaryDirectory() as folder:
        found = gather(settings, list(sources), Path(folder))
        for unread in found.unread:
            say(unread.reason)
        dns = params.dns.model_copy(update={"window_seconds": length})
        flows = noise.tag(lakes.read(Path(folder)), params.noise)
        made = views.rows(flows, view, dns, params.sampling).execute()
    if made.empty:
        raise DatasetError(f"{', '.join(sources)}: no DNS flows in {found.sources} exports")
    rows: pd.DataFrame = label(ibis.memtable(made), (), truth).execute()
    return rows.sort_values(["first_seen", "client", "server", "last_seen"], ignore_index=True)


def examine(settings: Settings, bundle: Bundle, rows: pd.DataFrame, where: str) -> Evaluation:
    """The figures of a model on labelled rows that it has nothing to do with."""
    view, merge = bundle.card["view"], merging(settings.params, int(bundle.card["window_seconds"]))
    answers, model = predict(bundle, rows), str(bundle.card["model"])
    threshold = float(bundle.card["threshold"])
    others = _baselines(settings, bundle, rows)
    return Evaluation(
        view=view,
        note=frames.label_note(rows),
        chosen=model,
        bundles={model: bundle},
        models={model: metrics(rows, answers) | alerting(rows, answers, threshold, merge)},
        baselines={name: method.figures(rows, merge) for name, method in others.items()},
        budget=settings.params.detect.false_alerts_per_day,
        rows=rows,
        answers={model: answers} | {name: method.answers for name, method in others.items()},
        parts=_parts(settings, bundle, rows, answers, merge) | {"where": f"Rows of {where},"},
    )


def _parts(
    settings: Settings, bundle: Bundle, rows: pd.DataFrame, answers: pd.DataFrame, merge: Merging
) -> dict[str, object]:
    return examined.of_rows(bundle, rows, answers, merge, settings.params.dataset.seed)


def _baselines(settings: Settings, bundle: Bundle, rows: pd.DataFrame) -> dict[str, Method]:
    """All baselines where the data set that the model was made of is at hand, else those that need none."""
    view = bundle.card["view"]
    at_hand = (settings.dataset(view) / "train.parquet").exists()
    if not at_hand or fingerprint.md5(settings, view) != bundle.card["data_md5"]:
        return rules_only(settings, view, rows)
    return methods(
        settings,
        view,
        rows,
        frames.load(settings, view, "train"),
        frames.load(settings, view, "validation"),
    )
