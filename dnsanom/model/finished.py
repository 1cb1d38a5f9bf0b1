"""What a sweep has finished, kept while it runs, so that one that was killed goes on where it was."""

import json
import shutil
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from dnsanom.model.board import Result
from dnsanom.model.candidates import Setting
from dnsanom.model.ground import Place


class Finished:
    """Results in `folder`, one file a setting, of sweeps that are made of the same: data, code, parameters.

    What a sweep of something else left in the folder is removed.
    """

    def __init__(self, folder: Path, made_of: dict[str, Any]) -> None:
        self._folder = folder
        named = json.dumps(made_of, sort_keys=True)
        if not (folder / "made_of.json").exists() or (folder / "made_of.json").read_text() != named:
            self.forget()
            folder.mkdir(parents=True)
            self._write("made_of", named)

    def load(self, place: Place, settings: list[Setting]) -> list[Result]:
        """Results of those settings that have one at a place."""
        paths = [self._folder / f"{_digest(place, setting)}.json" for setting in settings]
        return [Result.from_json(json.loads(path.read_text())) for path in paths if path.exists()]

    def add(self, result: Result) -> None:
        """Keep a result."""
        self._write(_digest(result.place, result.setting), json.dumps(result.to_json()))

    @property
    def run(self) -> str | None:
        """Id of the tracking run that the results were logged to, if there is one."""
        path = self._folder / "run.json"
        return str(json.loads(path.read_text())) if path.exists() else None

    def goes_to(self, run: str) -> None:
        """Keep the id of the tracking run."""
        self._write("run", json.dumps(run))

    def forget(self) -> None:
        """Remove everything: the sweep is through."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, name: str, text: str) -> None:
        """A file that is there whole or not at all."""
        part = self._folder / f"{name}.part"
        part.write_text(text)
        part.rename(self._folder / f"{name}.json")


def _digest(place: Place, setting: Setting) -> str:
    return sha256(json.dumps([asdict(place), setting], sort_keys=True).encode()).hexdigest()[:16]
