"""KeyTrap by sum (CVE-2023-50387): every answer within its own bounds, and hundreds of them on one path.

One signed zone, `HOSTS` MX hosts; four keys that share a key tag, and over each address RRset eight RRSIGs
that name that tag and fit none of the keys, in front of the good one if that is there at all.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import dns.dnssec
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
from cryptography.hazmat.primitives.asymmetric import ec
from dns.rdatatype import RdataType
from miniworld import AT, EXPIRATION, TTL, World, name, zone

from mailpath.facts import Path
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.walk import walk

HOSTS = 50
KEYS, SIGNATURES = 4, 8
DOMAIN = "b.example"


def rsa_keys(modulus: int, exponent: int) -> list[dns.rdtypes.ANY.DNSKEY.DNSKEY]:
    """RSASHA256 keys of `modulus` and `exponent` bits with one key tag: a sum of words does not know their
    order (RFC 4034 appendix B).  Nobody can sign with them."""
    dice = random.Random(f"{modulus} {exponent}")
    e = 65537 if exponent == 17 else dice.getrandbits(exponent - 2) | 1 | 1 << (exponent - 1)
    head = e.to_bytes((exponent + 7) // 8, "big")
    length = bytes([len(head)]) if len(head) < 256 else b"\0" + len(head).to_bytes(2, "big")
    n = bytearray((dice.getrandbits(modulus) | 1 | 3 << (modulus - 2)).to_bytes(modulus // 8, "big"))
    made = []
    for place in range(8, 8 + 4 * KEYS, 4):
        n[place : place + 4] = n[place + 2 : place + 4] + n[place : place + 2]
        made.append(_dnskey(8, length + head + bytes(n)))
    return made


def ecdsa_keys() -> list[dns.rdtypes.ANY.DNSKEY.DNSKEY]:
    """P-384 keys with one key tag: the first four among the multiples of the generator."""
    made = []
    for number in (616, 2709, 4821, 9337):
        point = ec.derive_private_key(number, ec.SECP384R1()).public_key().public_numbers()
        made.append(_dnskey(14, point.x.to_bytes(48, "big") + point.y.to_bytes(48, "big")))
    return made


def _dnskey(algorithm: int, octets: bytes) -> dns.rdtypes.ANY.DNSKEY.DNSKEY:
    return dns.rdtypes.ANY.DNSKEY.DNSKEY(1, RdataType.DNSKEY, 256, 3, algorithm, octets)


def world(
    keys: Sequence[dns.rdtypes.ANY.DNSKEY.DNSKEY],
    hosts: int = HOSTS,
    signatures: int = SIGNATURES,
    *,
    honest: bool = True,
) -> World:
    """One of the hosts, mx.c.example, is in a zone that has nothing to do with it."""
    text = "@ MX 5 mx.c.example.\n" + "".join(
        f"@ MX 10 mx{n}\nmx{n} A 192.0.2.{n + 1}\nmx{n} AAAA 2001:db8::{n + 1}\n" for n in range(hosts - 1)
    )
    made = World(
        zone("."), zone("example."), zone(f"{DOMAIN}.", text), zone("c.example.", "mx A 192.0.2.99\n")
    )
    hostile = made.zones[name(DOMAIN)]
    apex = hostile.nodes[hostile.origin]
    own = [hostile.ksk[0].dnskey, hostile.zsk[0].dnskey]
    apex[RdataType.DNSKEY] = dns.rdataset.from_rdata_list(TTL, [*own, *keys])
    dice = random.Random(hosts)
    for n in range(hosts - 1):
        for rdtype in (RdataType.A, RdataType.AAAA):
            owner = name(f"mx{n}.{DOMAIN}")
            good = hostile._sign(owner, rdtype, hostile.nodes[owner][rdtype])
            like = good[0].replace(
                algorithm=keys[0].algorithm, key_tag=dns.dnssec.key_id(keys[0]), expiration=EXPIRATION + 9
            )
            junk = [like.replace(signature=_junk(dice, keys[0])) for _ in range(signatures)]
            hostile._cache[(owner, rdtype)] = [*junk, *good] if honest else junk
    return made


def _junk(dice: random.Random, key: dns.rdtypes.ANY.DNSKEY.DNSKEY) -> bytes:
    """Octets that a library takes for a signature until it has done the arithmetic."""
    length = 96 if key.algorithm == 14 else len(key.key) - 1 - key.key[0]
    if key.key[0] == 0:
        length = len(key.key) - 3 - int.from_bytes(key.key[1:3], "big")
    return b"\x01" + dice.randbytes(length - 1)


def capture_of_world(
    keys: Sequence[dns.rdtypes.ANY.DNSKEY.DNSKEY], hosts: int = HOSTS, signatures: int = SIGNATURES
) -> Capture:
    """The path over such a world, walked and recorded."""
    recording = Recording(world(keys, hosts, signatures))
    path = Path(recipient=DOMAIN, sender=None)
    asyncio.run(walk(path, recording, AT))
    return capture_of(recording, path, ())
