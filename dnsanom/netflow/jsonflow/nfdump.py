"""nfdump's JSON: the array of `-o json` (1.6 and later) and the lines of `-o ndjson` (1.7.5 and later).

Times are taken as UTC. ICMP has its type and code where others have ports; they become the destination port,
as nfdump has it. Source: output_json.c and output_ndjson.c of nfdump 1.6.25, 1.7.1 and 1.7.8.
"""

import re

from dnsanom.netflow.jsonflow import values
from dnsanom.netflow.jsonflow.pieces import Object
from dnsanom.netflow.jsonflow.read import read_json
from dnsanom.netflow.jsonflow.sniff import begins_with
from dnsanom.netflow.jsonflow.vocabulary import Vocabulary
from dnsanom.netflow.parsed import Parsed

NAME = "nfdump JSON"
_KEYS = {
    "first": ("first_seen", values.WHEN),
    "t_first": ("first_seen", values.WHEN),
    "last": ("last_seen", values.WHEN),
    "t_last": ("last_seen", values.WHEN),
    "proto": ("protocol", values.PROTOCOL),
    "src4_addr": ("src_ip", values.ADDRESS),
    "src6_addr": ("src_ip", values.ADDRESS),
    "dst4_addr": ("dst_ip", values.ADDRESS),
    "dst6_addr": ("dst_ip", values.ADDRESS),
    "src_port": ("src_port", values.PORT),
    "dst_port": ("dst_port", values.PORT),
    "tcp_flags": ("tcp_flags", values.FLAGS),
    "src_tos": ("tos", values.OCTET),
    "in_packets": ("packets", values.COUNTER),
    "in_bytes": ("bytes", values.COUNTER),
    "aggr_flows": ("flows", values.COUNTER),
    "ip4_router": ("exporter", values.ADDRESS),
    "ip6_router": ("exporter", values.ADDRESS),
}
#: nfdump prints this, and no object, when no flow is left.
_EMPTY = re.compile(rb"\s*\[\s*(?:No matching flows\s*)?\]\s*")
#: Text that nfdump prints as it is, quotes and all, and values that it leaves without quotes.
_TEXTS = re.compile(rb'^(\s*"(?:label|user_name|ident|natString)" : ")(.*)(",?\s*)$', re.MULTILINE)
_BARE = re.compile(rb'("(?:ja3|in_tls|out_tls)"\s*:\s*)([^"\s,}]+)')


def sniff(data: bytes) -> bool:
    """Does it begin with an object that has nfdump's keys, or is it nfdump's empty array?"""
    return begins_with(data, ("in_packets", "t_first", "export_sysid")) or bool(_EMPTY.fullmatch(data[:64]))


def read(data: bytes, key: str) -> Parsed:
    """Flows of the objects, and what can't be one. Raises DecodeError when too much of it can't."""
    return read_json(b"[]" if _EMPTY.fullmatch(data[:64]) else data, key, _WORDS)


def _complete(found: Object) -> None:
    """ICMP's type and code as ports, flags as none."""
    if "icmp_type" in found and "dst_port" not in found:
        kind, code = found["icmp_type"], found.get("icmp_code")
        if isinstance(kind, int) and isinstance(code, int) and 0 <= kind < 256 and 0 <= code < 256:
            found["src_port"], found["dst_port"] = 0, kind * 256 + code


def _mend(text: bytes) -> bytes | None:
    """The text with quotes where nfdump forgets them, and escapes in what it prints as it is."""
    mended = text.decode(errors="backslashreplace").encode()
    mended = _TEXTS.sub(lambda part: part[1] + _escaped(part[2]) + part[3], mended)
    mended = _BARE.sub(rb'\1"\2"', mended)
    return mended if mended != text else None


def _escaped(text: bytes) -> bytes:
    for plain, safe in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\t", b"\\t"), (b"\r", b"\\r")):
        text = text.replace(plain, safe)
    return text


_WORDS = Vocabulary(NAME, _KEYS, _complete, mend=_mend)
