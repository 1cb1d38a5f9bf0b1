"""The names that nfdump and pmacct print for protocols and TCP flags, both ways."""

#: Number → name, from 0; nfdump prints the number where no name stands (output_util.c of nfdump 1.7.1).
_TABLE = """
    0 ICMP IGMP GGP IPIP ST TCP CBT EGP IGP BBN NVPII PUP ARGUS ENCOM XNET CHAOS UDP MUX DCN HMP PRM XNS
    Trnk1 Trnk2 Leaf1 Leaf2 RDP IRTP ISO-4 NETBK MFESP MEINP DCCP 3PC IDPR XTP DDP IDPR TP++ IL IPv6 SDRP
    Rte6 Frag6 IDRP RSVP GRE MHRP BNA ESP AH INLSP SWIPE NARP MOBIL TLSP SKIP ICMP6 NOHE6 OPTS6 HOST CFTP
    NET SATNT KLAN RVD IPPC FS SATM VISA IPCV CPNX CPHB WSN PVP BSATM SUNND WBMON WBEXP ISOIP VMTP SVMTP
    VINES TTP NSIGP DGP TCF EIGRP OSPF S-RPC LARP MTP AX.25 OS MICP SCCSP ETHIP ENCAP 99 GMTP IFMP PNNI PIM
    ARIS SCPS QNX A/N IPcmp SNP CpqPP IPXIP VRRP PGM 0hop L2TP DDX IATP STP SRP UTI SMP SM PTP ISIS4 FIRE
    CRTP CRUDP 128 IPLT SPS PIPE SCTP FC 134 MHEAD UDP-L MPLS
"""
PROTOCOLS = tuple(_TABLE.split())
#: Of two protocols with one name, IDPR, the first is meant.
_NUMBERS = {name.upper(): number for number, name in reversed(list(enumerate(PROTOCOLS)))}
#: Names that only pmacct prints, in its small letters (pmacct-data.h); its `ipip` is not nfdump's IPIP.
_PMACCT = {
    **{"ipencap": 4, "ipv6-route": 43, "ipv6-frag": 44, "mobile": 55, "ipv6-icmp": 58, "ipv6-nonxt": 59},
    **{"ipv6-opts": 60, "iso-ip": 80, "ipip": 94, "IPcomp": 108, "ipx-in-ip": 111, "isis": 124},
    **{"ethernet": 143, "others": 255},
}
_FLAGS = "CEUAPRSF"


def protocol_name(number: int) -> str:
    """What nfdump's CSV prints for a protocol: its name, or its number five wide."""
    return PROTOCOLS[number] if number < len(PROTOCOLS) else f"{number:<5}"


def protocol_number(text: str) -> int | None:
    """The protocol of a name or number; None when it is neither."""
    text = text.strip()
    if text.isdecimal() and text.isascii() and len(text) <= 3:
        return int(text) if int(text) < 256 else None
    return _PMACCT.get(text, _NUMBERS.get(text.upper()))


def flags_text(bits: int) -> str:
    """TCP flags as nfdump 1.7 prints them: eight places, `.` where a flag is not set."""
    return "".join(flag if bits & (128 >> place) else "." for place, flag in enumerate(_FLAGS))


def flags_bits(text: str) -> int | None:
    """TCP flags of 8 places, of nfdump 1.6's 6 places, or of a number; None for any other text."""
    text = text.strip()
    if len(text) in (6, 8) and not text.startswith("0x"):
        names = _FLAGS[-len(text) :]
        if any(c not in (".", name) for c, name in zip(text, names, strict=True)):
            return None
        return sum(1 << (len(text) - 1 - place) for place, c in enumerate(text) if c != ".")
    try:
        bits = int(text, 16 if text.startswith("0x") else 10)
    except ValueError:
        return None
    return bits if 0 <= bits < 256 and "_" not in text else None


def flags_of_letters(text: str) -> int | None:
    """TCP flags of the letters that are set, in any order, as SiLK prints them: ` S  A   `."""
    letters = text.replace(" ", "")
    if len(set(letters)) < len(letters) or not set(letters) <= set(_FLAGS):
        return None
    return sum(128 >> _FLAGS.index(letter) for letter in letters)
