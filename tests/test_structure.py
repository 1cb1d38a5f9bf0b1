"""The structure that the design promises: one owner a tool, small modules, nothing that shadows a package."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Tool → the places that may import it.
OWNERS = {
    "boto3": ("dnsanom/store/",),
    "botocore": ("dnsanom/store/",),
    "great_expectations": ("dnsanom/quality/",),
    "dvc": ("dnsanom/dataset/version.py",),
    "mlflow": ("dnsanom/model/tracking.py",),
    "optuna": ("dnsanom/model/search.py",),
    "prefect": ("flows/",),
    "sqlalchemy": ("dnsanom/store/ledger",),
    "lzallright": ("dnsanom/netflow/nfcapd/unpack.py",),
}


def _sources() -> list[Path]:
    return sorted(p for folder in ("dnsanom", "flows", "benchmarks") for p in (ROOT / folder).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("tool", OWNERS)
def test_a_tool_has_one_owner(tool: str) -> None:
    users = [str(p.relative_to(ROOT)) for p in _sources() if tool in _imports(p)]
    assert users, f"nothing imports {tool}: is the owner's place still right?"
    assert [u for u in users if not u.startswith(OWNERS[tool])] == []


def test_modules_are_small() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in _sources()}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_the_mlflow_folder_does_not_shadow_the_package() -> None:
    assert list((ROOT / "mlflow").rglob("*.py")) == []
    code = "import mlflow; print(mlflow.__version__)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout[0].isdigit()


def test_no_lock_that_holds_addresses_is_tracked() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert not {"uv.lock", "pylock.toml", "poetry.lock"} & {Path(name).name for name in tracked}
    assert "://" not in (ROOT / "requirements.lock").read_text()
