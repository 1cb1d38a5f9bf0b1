"""pmacct's JSON, one object a line, of the print, Kafka and AMQP plugins.

Times are UTC unless they name their zone. An aggregate without `timestamp_start` and `timestamp_end`, or
`timestamp_min` and `timestamp_max`, has no times that a flow could have, and is rejected. The objects that
tell when a purge begins and ends are passed over. Where there is a sampling rate, packets and bytes are not
multiplied by it: pmacct writes 1 when it has done that. Source: plugin_cmn_json.c, plugin_common.c,
pkt_handlers.c and util.c of pmacct 1.7.10.
"""

from dnsanom.netflow.jsonflow import values
from dnsanom.netflow.jsonflow.pieces import Object
from dnsanom.netflow.jsonflow.read import read_json
from dnsanom.netflow.jsonflow.sniff import begins_with
from dnsanom.netflow.jsonflow.vocabulary import Vocabulary
from dnsanom.netflow.parsed import Parsed

NAME = "pmacct JSON"
_KEYS = {
    "timestamp_start": ("first_seen", values.SECONDS),
    "timestamp_min": ("first_seen", values.SECONDS),
    "timestamp_end": ("last_seen", values.SECONDS),
    "timestamp_max": ("last_seen", values.SECONDS),
    "ip_proto": ("protocol", values.PROTOCOL),
    "ip_src": ("src_ip", values.ADDRESS),
    "ip_dst": ("dst_ip", values.ADDRESS),
    "port_src": ("src_port", values.PORT),
    "port_dst": ("dst_port", values.PORT),
    "tcp_flags": ("tcp_flags", values.FLAGS),
    "tos": ("tos", values.OCTET),
    "packets": ("packets", values.COUNTER),
    "bytes": ("bytes", values.COUNTER),
    "flows": ("flows", values.COUNTER),
    "peer_ip_src": ("exporter", values.ADDRESS),
    "sampling_rate": ("sampling_rate", values.RATE),
}
_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
_MARKERS = ("purge_init", "purge_close")


def sniff(data: bytes) -> bool:
    """Does it begin with an object that has pmacct's keys?"""
    return begins_with(data, ("ip_src", "ip_dst", "writer_id"))


def read(data: bytes, key: str) -> Parsed:
    """Flows of the objects, and what can't be one. Raises DecodeError when too much of it can't."""
    return read_json(data, key, _WORDS)


def _complete(found: Object) -> None:
    """Flags that stand as a list of their names (`tcpflags_encode_as_array`) as their number."""
    names = found.get("tcp_flags")
    if isinstance(names, list) and all(isinstance(name, str) and name in _FLAGS for name in names):
        found["tcp_flags"] = sum({_FLAGS[name] for name in names})


def _is_marker(found: Object) -> bool:
    return found.get("event_type") in _MARKERS and "ip_src" not in found


_WORDS = Vocabulary(NAME, _KEYS, _complete, _is_marker, raw_counts=True)
