"""Signs a zone with the tools of BIND, ldns or Knot DNS.

What is made: the zone file to serve, and the keys that a parent would make a DS of.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import dns.rdatatype
import dns.zone
import dns.zonefile
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from interop_model import Zone
from interop_surgery import operate
from interop_tools import run

#: One key signs everything, as knotd's onlinesign module wants it.
ONLINE_POLICY = """policy:
  - id: online
    algorithm: ecdsap256sha256
    single-type-signing: on
    ksk-lifetime: 0
"""


def sign(zone: Zone, folder: Path, unsigned: str) -> tuple[Path, list[DNSKEY]]:
    """Zone file and keys with the SEP bit (all keys if none has it), made in `folder` from zone-file text."""
    source = folder / "zone"
    source.write_text(unsigned)
    if not zone.signer:
        return source, []
    if zone.signer == "online":
        return source, _online(zone, folder)
    signed = folder / "signed"
    {"bind": _bind, "ldns": _ldns, "knot": _knot}[zone.signer](zone, folder, source, signed)
    read = dns.zone.from_file(str(signed), origin=zone.origin, relativize=False, check_origin=False)
    assert any(data.rdtype == dns.rdatatype.RRSIG for _, data in read.iterate_rdatasets()), zone.name
    keys = _keys(read)
    if operate(zone, read):
        read.to_file(str(signed), relativize=False, want_origin=True)
    return signed, _keys(read) or keys


def _keys(zone: dns.zone.Zone) -> list[DNSKEY]:
    found = zone.get_rdataset("@", dns.rdatatype.DNSKEY)
    keys = sorted(key for key in found or () if isinstance(key, DNSKEY))
    return [key for key in keys if key.flags & 1] or keys


def _stamp(offset: int) -> str:
    return datetime.fromtimestamp(time.time() + offset, UTC).strftime("%Y%m%d%H%M%S")


def _roles(zone: Zone) -> list[bool]:
    """Whether each key of an algorithm has the SEP bit."""
    roles = {"split": [True, False], "single": [True], "plain": [False], "revoked": [True, False, True]}[
        zone.keys
    ]
    return roles + [True] * zone.extra_keys


def _bind(zone: Zone, folder: Path, source: Path, signed: Path) -> None:
    keys: list[str] = []
    for algorithm in zone.algorithms:
        size = ["-b", zone.bits] if "RSA" in algorithm else []
        for sep in _roles(zone):
            role = ["-f", "KSK"] if sep else []
            keys.append(
                run(
                    "dnssec-keygen", "-q", "-K", folder, "-a", algorithm, *map(str, size), *role, zone.origin
                ).strip()
            )
    if zone.keys == "revoked":
        run("dnssec-revoke", "-r", "-K", folder, keys[2])
    denial: list[str] = []
    if zone.denial != "nsec":
        denial = ["-3", zone.salt, "-H", str(zone.iterations), *(["-A"] if zone.denial == "optout" else [])]
    whole: list[str] = ["-z"] if zone.keys in ("single", "plain") else []
    start, end = map(_stamp, zone.window)
    run(
        *("dnssec-signzone", "-q", "-P", "-S", "-K", str(folder), "-d", str(folder)),
        *("-O", "full", "-o", zone.origin),
        *("-s", start, "-e", end, *whole, *denial, "-f", str(signed), str(source)),
    )


def _ldns(zone: Zone, folder: Path, source: Path, signed: Path) -> None:
    keys: list[str] = []
    for algorithm in zone.algorithms:
        for sep in _roles(zone):
            role = ["-k"] if sep else []
            keys.append(
                run(
                    "ldns-keygen", "-a", algorithm, "-b", str(zone.bits), *role, zone.name, cwd=folder
                ).strip()
            )
    denial = []
    if zone.denial != "nsec":
        salt = [] if zone.salt == "-" else ["-s", zone.salt]
        denial = ["-n", "-t", str(zone.iterations), *salt, *(["-p"] if zone.denial == "optout" else [])]
    start, end = map(_stamp, zone.window)
    run(
        "ldns-signzone",
        *denial,
        "-i",
        start,
        "-e",
        end,
        "-o",
        zone.name,
        "-f",
        signed,
        source,
        *keys,
        cwd=folder,
    )


def _knot(zone: Zone, folder: Path, source: Path, signed: Path) -> None:
    (algorithm,) = zone.algorithms
    settings = {
        "algorithm": algorithm.lower(),
        "ksk-size": zone.bits,
        "zsk-size": zone.bits,
        "single-type-signing": "on" if zone.keys == "single" else "off",
        "rrsig-lifetime": f"{zone.window[1]}s",
        "nsec3": "off" if zone.denial == "nsec" else "on",
        "nsec3-iterations": zone.iterations,
        "nsec3-salt-length": 0 if zone.salt == "-" else 8,
        "nsec3-opt-out": "on" if zone.denial == "optout" else "off",
    }
    if "RSA" not in algorithm:
        del settings["ksk-size"], settings["zsk-size"]
    conf = folder / "knot.conf"
    policy = "\n".join(f"    {key}: {value}" for key, value in settings.items())
    conf.write_text(
        f'database:\n    storage: "{folder}"\npolicy:\n  - id: signing\n{policy}\n'
        f'zone:\n  - domain: "{zone.name}"\n    storage: "{folder}"\n    file: "{source.name}"\n'
        "    dnssec-signing: on\n    dnssec-policy: signing\n"
    )
    out = folder / "knot-out"
    out.mkdir()
    run("kzonesign", "-c", conf, "-r", "-o", out, zone.name)
    (out / source.name).rename(signed)


def _online(zone: Zone, folder: Path) -> list[DNSKEY]:
    """A key for knotd's onlinesign module, in the key store that `knotd` is pointed at."""
    conf = folder / "knot.conf"
    conf.write_text(
        f'database:\n    storage: "{folder}"\n    kasp-db: "{folder}/keys"\n{ONLINE_POLICY}'
        f'zone:\n  - domain: "{zone.name}"\n    dnssec-policy: online\n'
    )
    run("keymgr", "-c", conf, zone.name, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes")
    printed = run("keymgr", "-c", conf, zone.name, "dnskey")
    rrset, *_ = dns.zonefile.read_rrsets(printed, default_ttl=3600)
    return [key for key in rrset if isinstance(key, DNSKEY)]
