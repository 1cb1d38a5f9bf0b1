"""The same three flows in every printed format: UDP, TCP over IPv6, and ICMP. No program's own output."""

# ruff: noqa: E501 (lines as they are printed)

from datetime import UTC, datetime

CSV = """\
firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows
2026-03-02 10:00:00.250,1.500,17,198.18.0.1,40000,198.51.100.10,53,3,300,1
2026-03-02 10:00:01.000,0.000,6,2001:db8::1,853,2001:db8::2,40001,2,2650,1
2026-03-02 10:00:02.500,0.000,1,198.51.100.10,0,198.18.0.1,3.3,1,56,1
"""
CHOSEN_CSV = """\
routerIP,inBytes,inPackets,srcTos,flags,dstPort,dstAddr,srcPort,srcAddr,proto,lastSeen,received,firstSeen,received
192.0.2.1,300,3,8,........,53,198.51.100.10,40000,198.18.0.1,17,1772445601.750,0.000,1772445600.250,0.000
0.0.0.0,2650,2,0,...AP.SF,40001,2001:db8::2,853,2001:db8::1,6,1772445601.000,0.000,1772445601.000,0.000
192.0.2.1,56,1,0,........,3.3,198.18.0.1,0,198.51.100.10,1,1772445602.500,0.000,1772445602.500,0.000
"""
FAST_CSV = """\
cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,packets,bytes
1,2,1772445600250,1772445601750,17,198.18.0.1,40000,198.51.100.10,53,0,0,0,0,........,8,3,300
2,10,1772445601000,1772445601000,6,2001:db8::1,853,2001:db8::2,40001,0,0,0,0,...AP.SF,0,2,2650
3,2,1772445602500,1772445602500,1,198.51.100.10,0,198.18.0.1,771,0,0,0,0,........,0,1,56
"""
PMACCT = """\
PEER_SRC_IP,SRC_IP,DST_IP,SRC_PORT,DST_PORT,TCP_FLAGS,PROTOCOL,TOS,SAMPLING_RATE,TIMESTAMP_START,TIMESTAMP_END,PACKETS,FLOWS,BYTES
192.0.2.1,198.18.0.1,198.51.100.10,40000,53,0,udp,8,100,2026-03-02 10:00:00.250000,2026-03-02 10:00:01.750000,3,1,300
0.0.0.0,2001:db8::1,2001:db8::2,853,40001,27,tcp,0,100,2026-03-02 10:00:01.000000,2026-03-02 10:00:01.000000,2,1,2650
192.0.2.1,198.51.100.10,198.18.0.1,0,771,0,icmp,0,100,2026-03-02 10:00:02.500000,2026-03-02 10:00:02.500000,1,1,56
"""
RWCUT = """\
            sIP|            dIP|sPort|dPort|pro|   packets|     bytes|   flags|                  sTime| duration|                  eTime|sen|
     198.18.0.1|  198.51.100.10|40000|   53| 17|         3|       300|        |2026/03/02T10:00:00.250|    1.500|2026/03/02T10:00:01.750| S0|
    2001:db8::1|    2001:db8::2|  853|40001|  6|         2|      2650|FS PA   |2026/03/02T10:00:01.000|    0.000|2026/03/02T10:00:01.000| S0|
  198.51.100.10|     198.18.0.1|    0|  771|  1|         1|        56|        |2026/03/02T10:00:02.500|    0.000|2026/03/02T10:00:02.500| S0|
"""
EXTENDED = """\
Date first seen             Duration     Proto      Src IP Addr:Port          Dst IP Addr:Port     Flags Tos  Packets    Bytes      pps      bps    Bpp Flows
2026-03-02 10:00:00.250     00:00:01.500 UDP         198.18.0.1:40000 ->    198.51.100.10:53    ........   8        3      300        2     1600    100     1
2026-03-02 10:00:01.000     00:00:00.000 TCP        2001:db8::1.853   ->      2001:db8::2.40001 ...AP.SF   0        2     2650        0        0   1325     1
2026-03-02 10:00:02.500     00:00:00.000 ICMP     198.51.100.10:0     ->       198.18.0.1:3.3   ........   0        1       56        0        0     56     1
Summary: total flows: 3, total bytes: 3006, total packets: 6, avg bps: 10688, avg pps: 2, avg bpp: 501
Time window: 2026-03-02 10:00:00 - 2026-03-02 10:00:02, Duration:    00:00:02.250
Total records processed: 3, passed: 3, Blocks skipped: 0, Bytes read: 480
Sys: 0.0000s User: 0.0010s Wall: 0.0028s flows/second: 1421.9 Runtime: 0.0029s
"""
#: nfdump 1.6: six flags, durations in seconds, a narrower header, and another footer.
OLD_LONG = """\
Date first seen          Duration Proto      Src IP Addr:Port          Dst IP Addr:Port   Flags Tos  Packets    Bytes Flows
2026-03-02 10:00:00.250     1.500 UDP         198.18.0.1:40000 ->    198.51.100.10:53    ......   8        3      300     1
2026-03-02 10:00:01.000     0.000 TCP        2001:db8::1.853   ->      2001:db8::2.40001 .AP.SF   0        2     2650     1
2026-03-02 10:00:02.500     0.000 ICMP     198.51.100.10:0     ->       198.18.0.1:3.3   ......   0        1       56     1
Summary: total flows: 3, total bytes: 3006, total packets: 6, avg bps: 10688, avg pps: 2, avg bpp: 501
Time window: 2026-03-02 10:00:00 - 2026-03-02 10:00:02
Total flows processed: 3, Blocks skipped: 0, Bytes read: 480
Sys: 0.003s flows/second: 1000.0     Wall: 0.001s flows/second: 3000.0
"""
PIPE = """\
2|1772445600250|1772445601750|17|0|0|0|3323068417|40000|0|0|0|3325256714|53|0|0|0|0|0|8|3|300
10|1772445601000|1772445601000|6|536939960|0|0|1|853|536939960|0|0|2|40001|0|0|0|0|27|0|2|2650
2|1772445602500|1772445602500|1|0|0|0|3325256714|0|0|0|0|3323068417|771|0|0|0|0|0|0|1|56
"""
OLD_PIPE = """\
2|1772445600|250|1772445601|750|17|0|0|0|3323068417|40000|0|0|0|3325256714|53|0|0|0|0|0|8|3|300
10|1772445601|0|1772445601|0|6|536939960|0|0|1|853|536939960|0|0|2|40001|0|0|0|0|27|0|2|2650
2|1772445602|500|1772445602|500|1|0|0|0|3325256714|0|0|0|0|3323068417|771|0|0|0|0|0|0|1|56
"""


def _record(*lines: str) -> str:
    return "\nFlow Record: \n" + "".join(f"  {line}\n" for line in lines)


OLD_RAW = "".join(
    _record(
        "Flags        =              0x06 FLOW, Unsampled",
        f"first        =        {seconds} [2026-03-02 10:00:0{second}]",
        f"last         =        {last} [2026-03-02 10:00:01]",
        f"msec_first   =             {ms:5}",
        f"msec_last    =             {last_ms:5}",
        *(f"{name:12} =  {value}" for name, value in rest.items()),
    )
    for seconds, second, ms, last, last_ms, rest in (
        (
            *(1772445600, 0, 250, 1772445601, 750),
            {
                **{"src addr": "198.18.0.1", "dst addr": "198.51.100.10", "src port": 40000, "dst port": 53},
                **{"tcp flags": "0x00 ........", "proto": "17 UDP", "(src)tos": 8, "(in)packets": 3},
                **{"(in)bytes": 300, "ip router": "192.0.2.1"},
            },
        ),
        (
            *(1772445601, 1, 0, 1772445601, 0),
            {
                **{"src addr": "2001:db8::1", "dst addr": "2001:db8::2", "src port": 853, "dst port": 40001},
                **{"tcp flags": "0x1b ...AP.SF", "proto": "6 TCP", "(src)tos": 0, "(in)packets": 2},
                **{"(in)bytes": 2650, "ip router": "0.0.0.0"},
            },
        ),
        (
            *(1772445602, 2, 500, 1772445602, 500),
            {
                **{"src addr": "198.51.100.10: DE/Bonn", "dst addr": "198.18.0.1", "ICMP": " 3.3  type.code"},
                **{"tcp flags": "0x00 ........", "proto": "1 ICMP", "(src)tos": 0, "(in)packets": 1},
                **{"(in)bytes": 56, "ip router": "192.0.2.1"},
            },
        ),
    )
)
SAMPLES = {
    "nfdump CSV since 1.7.5": CSV,
    "nfdump CSV since 1.7.5, chosen columns": CHOSEN_CSV,
    "nfdump csv-fast": FAST_CSV,
    "pmacct CSV": PMACCT,
    "SiLK rwcut text": RWCUT,
    "nfdump text": EXTENDED,
    "nfdump text, 1.6": OLD_LONG,
    "nfdump pipe": PIPE,
    "nfdump pipe, 1.6": OLD_PIPE,
    "nfdump raw, 1.6": OLD_RAW,
}
#: Without a header, what can be told by its look.
HEADLESS = {
    name: SAMPLES[name].partition("\n")[2]
    for name in ("nfdump CSV since 1.7.5", "nfdump csv-fast", "nfdump text", "nfdump text, 1.6")
}
FLOWS = [
    {
        "first_seen": datetime(2026, 3, 2, 10, 0, 0, 250_000, UTC),
        **{"duration": 1.5, "protocol": 17, "src_ip": "198.18.0.1", "src_port": 40_000},
        **{"dst_ip": "198.51.100.10", "dst_port": 53, "tcp_flags": 0, "tos": 8, "packets": 3, "bytes": 300},
        **{"flows": 1, "exporter": "192.0.2.1", "sampling_rate": 100, "row": 0},
    },
    {
        "first_seen": datetime(2026, 3, 2, 10, 0, 1, tzinfo=UTC),
        **{"duration": 0.0, "protocol": 6, "src_ip": "2001:db8::1", "src_port": 853},
        **{
            "dst_ip": "2001:db8::2",
            "dst_port": 40_001,
            "tcp_flags": 27,
            "tos": 0,
            "packets": 2,
            "bytes": 2650,
        },
        **{"flows": 1, "exporter": None, "sampling_rate": 100, "row": 1},
    },
    {
        "first_seen": datetime(2026, 3, 2, 10, 0, 2, 500_000, UTC),
        **{"duration": 0.0, "protocol": 1, "src_ip": "198.51.100.10", "src_port": 0},
        **{"dst_ip": "198.18.0.1", "dst_port": 771, "tcp_flags": 0, "tos": 0, "packets": 1, "bytes": 56},
        **{"flows": 1, "exporter": "192.0.2.1", "sampling_rate": 100, "row": 2},
    },
]
