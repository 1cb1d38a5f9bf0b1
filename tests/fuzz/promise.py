"""What decoding promises for any input, and how an input is found that breaks it."""

import resource
import time
from contextlib import nullcontext
from unittest import mock

import numpy as np

from dnsanom.errors import DecodeError
from dnsanom.netflow import Decoded, decode, lines
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA

KEY = "exports/hurt"
#: Seconds and bytes that one input may take; inputs have at most half a MiB.
SECONDS, MEMORY = 2.0, 256 << 20
_DNS = Dns(ports=(53, 853))


class BrokenError(Exception):
    """An input broke a promise: which one, and where in the code it shows."""


def try_one(data: bytes, dns_only: bool, as_large: bool = False) -> bool:
    """Whether the input is read as flows (True) or refused (False); delimited text as one of any size is, or
    as a large one. Raises BrokenError for anything else."""
    with mock.patch.object(lines, "SMALL", -1) if as_large else nullcontext():
        return _try(data, dns_only)


def _try(data: bytes, dns_only: bool) -> bool:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        decoded = decode(data, KEY, _DNS, "dns" if dns_only else "all")
    except DecodeError as error:
        _check_message(str(error))
        decoded = None
    except Exception as error:
        raise BrokenError(_where(error)) from error
    took = time.perf_counter() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if took > SECONDS:
        raise BrokenError(f"slow: {took:.1f} s")
    if grown << 10 > MEMORY:
        raise BrokenError(f"memory: {grown >> 10} MiB more")
    if decoded is not None:
        _check(decoded)
    return decoded is not None


def _where(error: BaseException) -> str:
    """An error's type and the line of the project, or else the last one, that it comes from."""
    trace, lines = error.__traceback__, []
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"{code.co_filename.rpartition('/dnsanom/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {lines[-1] if lines else '?'}: {' '.join(str(error).split())[:200]}"


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise BrokenError(what)


def _check_message(message: str) -> None:
    _promise(message.startswith(f"{KEY}: "), f"message without key: {message[:100]!r}")
    _promise(
        "\n" not in message and len(message) < 4000, f"message of {len(message)} characters or several lines"
    )


def _check(decoded: Decoded) -> None:
    report, flows, rejected = decoded.report, decoded.flows, decoded.rejected
    _promise(flows.schema == FLOW_SCHEMA, "schema")
    _promise(report.rows == report.kept + report.dropped + report.rejected, f"counts: {report}")
    _promise((len(flows), len(rejected)) == (report.kept, report.rejected), f"lengths: {report}")
    _promise(report.dropped >= 0, f"dropped: {report}")
    try:
        flows.validate(full=True)
        rejected.validate(full=True)
    except Exception as error:
        raise BrokenError(f"not valid: {_where(error)}") from error
    rows = np.concatenate([flows["row"].to_numpy(), rejected["row"].to_numpy()])
    _promise(len(set(rows.tolist())) == len(rows), "a row stands twice")
    _promise(not len(rows) or (rows.min() >= 0 and rows.max() < report.rows), f"row past the rows: {report}")
    for reason in rejected["reason"].to_pylist()[:50]:
        _promise(bool(reason) and "\n" not in reason, f"reason: {reason!r}")
