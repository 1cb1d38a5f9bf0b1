"""The benchmarks' command lines: all of them run, whatever becomes of one."""

import pytest

from benchmarks import __main__ as every

BENCHMARKS = ("decode", "elsewhere", "pull", "sweep", "validate")


def test_all_run_though_one_breaks_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(every, "RUN", "raise SystemExit('{}' == 'pull')")
    assert every.main() == 1
    assert capsys.readouterr().out.split() == [*BENCHMARKS, "broke", "off:", "pull"]


def test_one_that_has_nothing_to_compare_with_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    peerless = every.RUN.replace("from benchmarks.{} import main", "main = lambda: 1")
    assert peerless != every.RUN
    monkeypatch.setattr(every, "RUN", peerless)
    assert every.main() == 0
