"""The command line: quick help, an example everywhere, one-line errors with the right exit code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dnsanom.cli import COMMANDS, cli

ROOT = Path(__file__).parents[2]
HEAVY = {
    "pandas",
    "numpy",
    "pyarrow",
    "pydantic",
    "mlflow",
    "great_expectations",
    "dvc",
    "sklearn",
    "ibis",
    "boto3",
}


def run(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own, without this machine's DNSANOM_* variables."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DNSANOM_")}
    command = [sys.executable, "-m", "dnsanom", *args]
    return subprocess.run(command, cwd=cwd, env={**clean, **env}, capture_output=True, text=True, timeout=120)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from dnsanom.cli import cli; cli.main(['--help'], standalone_mode=False); "
        f"print('heavy:', sorted({HEAVY!r} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Commands:" in out
    assert "heavy: []" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0, result.output
    assert f"dnsanom {command}" in re.split("Examples?:", result.output)[1]


def test_bad_use_is_one_line_and_exit_2(tmp_path: Path) -> None:
    for args in (
        ["fly"],
        ["prepare", "--view", "packet"],
        ["pull"],
        ["simulate", "--out", "x", "--start", "soon"],
    ):
        result = run(*args, cwd=tmp_path)
        assert result.returncode == 2, (args, result.stderr)
        assert result.stderr.startswith("dnsanom: ")
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.stderr


def test_an_unknown_parameter_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text() + "\nsweeep: {}\n")
    result = run("pull", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr == "dnsanom: params.yaml: sweeep: unknown parameter (value {})\n"


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = run("--debug", "pull", cwd=tmp_path)
    assert result.returncode != 0
    assert "Traceback" in result.stderr
