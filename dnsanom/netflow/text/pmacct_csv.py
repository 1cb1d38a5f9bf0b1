"""pmacct's CSV (`print_output: csv`) by the names in its header, whatever separator the site has chosen.

The flow's own times are needed (`aggregate: timestamp_start, timestamp_end`), in UTC (`timestamps_utc`), with
a zone, or in seconds since 1970. `peer_src_ip` is the exporter. Packets and bytes are not multiplied by
`sampling_rate`: as in its JSON, pmacct writes 1 when it has done that. Source: print_plugin.c and
pkt_handlers.c of pmacct 1.7.
"""

import re
from dataclasses import replace

from dnsanom.netflow import cells
from dnsanom.netflow.assemble import with_raw_counts
from dnsanom.netflow.lines import cut_header, first_line, text_of
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, delimited

NAME = "pmacct CSV"
_VOCABULARY: Vocabulary = {
    "TIMESTAMP_START": ("first_seen", cells.WHEN_OR_SECONDS),
    "TIMESTAMP_END": ("last_seen", cells.WHEN_OR_SECONDS),
    "PROTOCOL": ("protocol", cells.PROTOCOL),
    "SRC_IP": ("src_ip", cells.ADDRESS),
    "SRC_PORT": ("src_port", cells.PORT),
    "DST_IP": ("dst_ip", cells.ADDRESS),
    "DST_PORT": ("dst_port", cells.PORT),
    "TCP_FLAGS": ("tcp_flags", cells.FLAGS),
    "TOS": ("tos", cells.OCTET),
    "PACKETS": ("packets", cells.COUNTER),
    "BYTES": ("bytes", cells.COUNTER),
    "FLOWS": ("flows", cells.COUNTER),
    "PEER_SRC_IP": ("exporter", cells.ADDRESS),
    "SAMPLING_RATE": ("sampling_rate", cells.RATE),
}
_HEADER = re.compile(rb"[A-Z_0-9]+([,;|\t ])[A-Z_0-9]+(?:\1[A-Z_0-9]+)*")


def sniff(data: bytes) -> bool:
    """Is the first line that is not blank a header with pmacct's names of both addresses?"""
    header = _HEADER.fullmatch(first_line(data))
    return header is not None and {b"SRC_IP", b"DST_IP"} <= set(header[0].split(header[1]))


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for a header that lacks
    a column."""
    header = _HEADER.match(first_line(data))
    delimiter = header[1] if header else b","
    names, body = cut_header(text_of(data, key), delimiter)
    parsed = delimited(body, names, _VOCABULARY, NAME, key, delimiter)
    return replace(parsed, columns=with_raw_counts(parsed.columns))
