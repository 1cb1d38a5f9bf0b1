"""An evaluation as files: one page that is read at a glance, its figures, and the same in JSON and CSV."""

import json
from pathlib import Path

from dnsanom.model.evaluation import Evaluation
from dnsanom.model.report import tables, verdict
from dnsanom.model.report.page import page
from dnsanom.model.report.pictures import pictures

__all__ = ["verdict", "write"]


def write(folder: Path, done: Evaluation) -> None:
    """Write metrics.json, confusion.csv, curve.csv, pr.csv, the figures and report.html."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {**done.figures(), "verdict": verdict.sentences(done)}
    (folder / "metrics.json").write_text(json.dumps(told, indent=2) + "\n")
    tables.write(folder, done)
    figures = pictures(done)
    for name, data in figures.items():
        (folder / f"{name}.png").write_bytes(data)
    (folder / "report.html").write_text(page(done, figures))
