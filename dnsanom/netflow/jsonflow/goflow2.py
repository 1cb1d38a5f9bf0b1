"""goflow2's JSON, one object a line: the names of 2.x, and those of 1.x, which are the protocol buffer's.

goflow2 does not multiply by the sampling rate: packets and bytes are what was seen, and the rate stands
beside them, 0 where it is not known. Source: pb/flow.proto, docs/protocols.md and producer/proto/render.go of
2.2.6, format/common/text.go and pb/flow.pb.go of 1.0.0 to 1.3.7.
"""

from dnsanom.netflow.jsonflow import values
from dnsanom.netflow.jsonflow.read import read_json
from dnsanom.netflow.jsonflow.sniff import begins_with
from dnsanom.netflow.jsonflow.vocabulary import Vocabulary
from dnsanom.netflow.names import IANA
from dnsanom.netflow.parsed import Parsed

NAME = "goflow2 JSON"
_PROTOCOL = values.protocol(IANA)
_V2 = {
    "time_flow_start_ns": ("first_seen", values.NANOSECONDS),
    "time_flow_end_ns": ("last_seen", values.NANOSECONDS),
    "proto": ("protocol", _PROTOCOL),
    "src_addr": ("src_ip", values.ADDRESS),
    "dst_addr": ("dst_ip", values.ADDRESS),
    "src_port": ("src_port", values.PORT),
    "dst_port": ("dst_port", values.PORT),
    "tcp_flags": ("tcp_flags", values.FLAGS),
    "ip_tos": ("tos", values.OCTET),
    "packets": ("packets", values.COUNTER),
    "bytes": ("bytes", values.COUNTER),
    "sampler_address": ("exporter", values.ADDRESS),
    "sampling_rate": ("sampling_rate", values.RATE),
}
_V1 = {
    "TimeFlowStartMs": ("first_seen", values.MILLISECONDS),
    "TimeFlowStart": ("first_seen", values.SECONDS),
    "TimeFlowEndMs": ("last_seen", values.MILLISECONDS),
    "TimeFlowEnd": ("last_seen", values.SECONDS),
    "Proto": ("protocol", _PROTOCOL),
    "SrcAddr": ("src_ip", values.ADDRESS),
    "DstAddr": ("dst_ip", values.ADDRESS),
    "SrcPort": ("src_port", values.PORT),
    "DstPort": ("dst_port", values.PORT),
    "TCPFlags": ("tcp_flags", values.FLAGS),
    "TcpFlags": ("tcp_flags", values.FLAGS),
    "IPTos": ("tos", values.OCTET),
    "IpTos": ("tos", values.OCTET),
    "Packets": ("packets", values.COUNTER),
    "Bytes": ("bytes", values.COUNTER),
    "SamplerAddress": ("exporter", values.ADDRESS),
    "SamplingRate": ("sampling_rate", values.RATE),
}
_WORDS = Vocabulary(NAME, {**_V2, **_V1}, raw_counts=True)


def sniff(data: bytes) -> bool:
    """Does it begin with an object that has goflow2's keys?"""
    return begins_with(data, ("time_flow_start_ns", "sampler_address", "TimeFlowStart", "SamplerAddress"))


def read(data: bytes, key: str) -> Parsed:
    """Flows of the objects, and what can't be one. Raises DecodeError when too much of it can't."""
    return read_json(data, key, _WORDS)
