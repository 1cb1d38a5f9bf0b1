"""dvc.yaml: a stage lists all the code that it runs, so that a change of it runs the stage again."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
#: What every stage runs and what says nothing about its result: parameters are listed by key.
PLUMBING = {
    f"dnsanom/{name}.py" for name in ("__init__", "errors", "frozen", "params", "params_dataset", "settings")
}


def _file(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    found = [p for p in (path.with_suffix(".py"), path / "__init__.py") if p.exists()]
    return found[0] if found and module.startswith("dnsanom") else None


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _runs(module: str) -> set[str]:
    """Files of the project that the module imports, itself among them, however far away."""
    seen: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file(waiting.pop())
        if path and path not in seen:
            seen.add(path)
            waiting += _imported(path)
    return {str(p.relative_to(ROOT)) for p in seen if p.read_text().strip()} - PLUMBING


def _listed(stage: str) -> list[str]:
    said = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"][stage]
    return [dep for dep in said.get("do", said)["deps"] if dep.startswith("dnsanom/")]


@pytest.mark.parametrize(
    ("stage", "module"),
    [
        ("prepare", "dnsanom.dataset.prepare"),
        ("sweep", "dnsanom.model.sweep"),
        ("evaluate", "dnsanom.model.evaluate"),
    ],
)
def test_a_stage_lists_the_code_it_runs(stage: str, module: str) -> None:
    runs, listed = _runs(module), _listed(stage)
    assert len(runs) > 10
    assert {f for f in runs if not f.startswith(tuple(listed))} == set()
    assert all((ROOT / dep).exists() for dep in listed)
