"""The benchmarks' command lines: help with an example, bad use on one line; all run though one breaks off."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as every
from benchmarks import intelex
from benchmarks._arguments import Arguments

ROOT = Path(__file__).parents[2]
COMMANDS = ("benchmarks", *(f"benchmarks.{name}" for name in every.paths()))


def run(command: str, *args: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; one that took a minute did more than read its arguments."""
    line = [sys.executable, "-m", command, *args]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_benchmark_has_help_with_an_example(command: str) -> None:
    told = run(command, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert f"Example:\n    python -m {command}" in told.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_use_is_one_line_and_exit_2(command: str) -> None:
    told = run(command, "many")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"python -m {command}: ")
    assert "many" in told.stderr
    assert told.stderr.count("\n") == 1


@pytest.fixture
def given() -> Arguments:
    """Two sizes, one of them whole."""
    given = Arguments("benchmarks.some", "What it does, to 100 %.")
    given.size("flows", 1_500_000, "100 % of the flows")
    given.size("share", 1.0, "share")
    return given


@pytest.mark.parametrize("args", ["0", "-1", "1.5", "10 nan", "10 0", "10 1 more"])
def test_sizes_are_above_0(given: Arguments, args: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        given.parse_args(args.split())
    assert args.split()[-1] in capsys.readouterr().err


def test_sizes_have_defaults(given: Arguments) -> None:
    assert vars(given.parse_args([])) == {"flows": 1_500_000, "share": 1.0}
    assert vars(given.parse_args(["20", "0.5"])) == {"flows": 20, "share": 0.5}
    assert "100 % of the flows (default: 1,500,000)" in given.format_help()


def test_all_run_though_one_breaks_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(every, "RUN", "raise SystemExit('{}' == 'pull')")
    assert every.main() == 1
    assert capsys.readouterr().out.split() == [*every.paths(), "broke", "off:", "pull"]


def test_one_that_has_nothing_to_compare_with_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    peerless = every.RUN.replace("from benchmarks.{} import main", "main = lambda: 1")
    assert peerless != every.RUN
    monkeypatch.setattr(every, "RUN", peerless)
    assert every.main() == 0


def test_without_intelex_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.intelex.find_spec", lambda name: None)
    assert intelex.main() == 1
    told = capsys.readouterr().out
    assert told.startswith("scikit-learn-intelex is not installed: ")
    assert ".venv/bin/uv pip install scikit-learn-intelex" in told
    assert told.count("\n") == 1
