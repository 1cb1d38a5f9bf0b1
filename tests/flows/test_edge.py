"""The edge between Prefect and dnsanom: what is tried again, what a log says, what a subprocess says."""

import logging
import subprocess
import sys

import pytest
from prefect.exceptions import FailedRun
from prefect.states import Failed

from dnsanom.errors import DnsanomError, NoChampionError, StoreAwayError, StoreDeniedError
from flows import edge
from flows.overhear import overhear


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (StoreAwayError("http://127.0.0.1:1: nothing answers"), True),
        (ConnectionResetError("reset"), True),
        (StoreDeniedError("wrong key"), False),
        (NoChampionError("none yet"), False),
        (ValueError("a mistake"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert edge.passing(None, None, Failed(data=error)) is again


def _logged(error: Exception) -> str:
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed: %r", (error,), (type(error), error, None))
    assert edge.without_traceback(record)
    return logging.Formatter().format(record)


def test_a_foreseen_failure_has_no_traceback_in_the_log_and_a_mistake_has_one() -> None:
    assert _logged(DnsanomError("a: b: c")) == "failed: DnsanomError('a: b: c')"
    assert _logged(FailedRun("a: b: c")) == "failed: FailedRun('a: b: c')"
    assert "\nValueError: oh" in _logged(ValueError("oh"))


def test_subprocesses_are_overheard(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    code = (
        "import sys; print('one\\n\\ntwo'); print('progress', file=sys.stderr); sys.exit('dnsanom: x: no y')"
    )
    with overhear(said.append) as heard:
        subprocess.run([sys.executable, "-c", code])
    assert said == ["one", "two"]
    assert heard.reason == "x: no y"
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err == "progress\ndnsanom: x: no y\n"


def test_what_is_overheard_ends_with_the_block(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    with overhear(said.append):
        subprocess.run(["echo", "before"])
    subprocess.run(["echo", "after"])
    assert said == ["before"]
    assert capfd.readouterr().out == "after\n"
