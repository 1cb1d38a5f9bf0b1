"""The committed expectations are what the author script makes, of the schema's table."""

import json
import subprocess
import sys
from pathlib import Path

from broken_flows import ROOT, copied_project

from dnsanom.quality.author import write
from dnsanom.schema import COLUMNS

COMMITTED = ROOT / "expectations"


def _files(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and "uncommitted" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def test_the_committed_files_are_what_the_script_makes(tmp_path: Path) -> None:
    written = write(tmp_path / "expectations")
    assert [path.name for path in written] == [
        "export.json",
        "export_rows.json",
        "great_expectations.yml",
        "flows.json",
        "flows.json",
    ]
    assert _files(tmp_path / "expectations") == _files(COMMITTED)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    root = copied_project(tmp_path).root / "expectations"
    write(root)
    assert _files(root) == _files(COMMITTED)


def test_the_suite_has_every_column_with_its_bounds() -> None:
    suite = json.loads((COMMITTED / "suites/flows.json").read_text())
    kwargs = {one["description"]: one["kwargs"] for one in suite["expectations"]}
    bounds = kwargs["Numbers lie within the schema's bounds"]
    limits = zip(bounds["column_list"], bounds["min_values"], bounds["max_values"], strict=True)
    assert list(limits) == [(c.name, c.low, c.high) for c in COLUMNS if (c.low, c.high) != (None, None)]
    assert kwargs["Columns that must not be null are given"]["column_list"] == [
        c.name for c in COLUMNS if not c.nullable
    ]
    types = kwargs["Every column of the flow table is there with its type"]["types"]
    assert set(types) == {c.name for c in COLUMNS}


def test_analytics_are_off_and_results_are_not_committed() -> None:
    assert "analytics_enabled: false" in (COMMITTED / "great_expectations.yml").read_text()
    tracked = subprocess.run(
        ["git", "ls-files", "expectations"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in tracked.stdout.split() if "uncommitted" in name] == []


def test_great_expectations_is_imported_only_when_it_is_needed() -> None:
    code = "import sys; from dnsanom.quality import author, checkpoint, docs, quarantine, rules; "
    code += "print('great_expectations' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
