"""Builds the test internet: zones signed from the leaves up, servers, resolvers, and the trust anchor."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import trustme
from interop_delegations import ds
from interop_model import (
    ADDRESSES,
    NAMED,
    NOBODY,
    RESOLVER_NAME,
    ROOT_SERVER,
    SERVERS,
    UNBOUND,
    Ds,
    Zone,
)
from interop_namespace import Namespace, namespace
from interop_signers import ONLINE_POLICY, sign
from interop_tools import tool

_NS = {"root": ROOT_SERVER, "nobody": NOBODY, **SERVERS}


@dataclass(frozen=True)
class Internet:
    """A running one.  `anchor`: zone-file text.  `folder` also holds what delv and unbound read."""

    space: Namespace
    folder: Path
    anchor: str
    zones: tuple[Zone, ...]

    @property
    def delv_anchor(self) -> Path:
        return self.folder / "delv.keys"


@contextlib.contextmanager
def internet(folder: Path, zones: Sequence[Zone]) -> Iterator[Internet]:
    """Sign `zones`, serve and resolve them in a namespace of their own."""
    files, anchor = _signed(folder, zones)
    _write_anchors(folder, anchor)
    _write_certificate(folder)
    with namespace(ADDRESSES) as space:
        _start(space, folder, zones, files)
        asked = [(_NS[zone.server], zone.name) for zone in zones if zone.server != "nobody"]
        space.wait_for_dns([*asked, (UNBOUND, "."), (NAMED, ".")])
        yield Internet(space, folder, f". 3600 IN DS {anchor}\n", tuple(zones))


# --- Signing ---------------------------------------------------------------------------------------


def _signed(folder: Path, zones: Sequence[Zone]) -> tuple[dict[str, Path], Ds]:
    """Zone files, and the DS of the root's key.  Children come before their parents, who need their DS."""
    published: dict[str, list[Ds]] = {}
    files: dict[str, Path] = {}
    by_depth: dict[int, list[Zone]] = {}
    for zone in zones:
        by_depth.setdefault(0 if zone.name == "." else zone.name.count(".") + 1, []).append(zone)
    with ThreadPoolExecutor(2) as pool:
        for _, level in sorted(by_depth.items(), reverse=True):
            jobs = [(zone, _make(folder, zone), _text(zone, zones, published)) for zone in level]
            for zone, (file, keys) in zip(level, pool.map(lambda job: sign(*job), jobs), strict=True):
                files[zone.name] = file
                published[zone.name] = zone.delegation(zone.origin, keys) if zone.delegation else []
                if zone.name == ".":
                    anchor = ds(".", keys[0])
    return files, anchor


def _make(folder: Path, zone: Zone) -> Path:
    made = folder / "zones" / (zone.name if zone.name != "." else "root")
    made.mkdir(parents=True)
    return made


def _text(zone: Zone, zones: Sequence[Zone], published: dict[str, list[Ds]]) -> str:
    """The unsigned zone: apex, body, and a delegation for each child zone."""
    address = _NS[zone.server]
    lines = [
        f"$ORIGIN {zone.origin}",
        "$TTL 3600",
        f"@ SOA {zone.host} hostmaster.example. 1 7200 3600 1209600 300",
        f"@ NS {zone.host}",
        *([] if zone.host.endswith(".") else [f"{zone.host} A {address}"]),
        *zone.body.strip().splitlines(),
    ]
    for child in zones:
        if _parent(child, zones) is zone:
            outside = child.host.endswith(".")
            host = child.host if outside else f"{child.host}.{child.origin}"
            lines.append(f"{child.origin} NS {host}")
            lines += [] if outside else [f"{host} A {_NS[child.server]}"]
            lines += [f"{child.origin} DS {record}" for record in published[child.name]]
    return "\n".join(lines) + "\n"


def _parent(child: Zone, zones: Sequence[Zone]) -> Zone | None:
    above = [zone for zone in zones if zone is not child and _contains(zone, child)]
    return max(above, key=lambda zone: len(zone.name), default=None) if child.name != "." else None


def _contains(zone: Zone, child: Zone) -> bool:
    return zone.name == "." or child.name.endswith(f".{zone.name}")


def _write_anchors(folder: Path, anchor: Ds) -> None:
    (folder / "root.ds").write_text(f". 3600 IN DS {anchor}\n")
    (folder / "root.hints").write_text(f". 3600 IN NS ns.\nns. 3600 IN A {ROOT_SERVER}\n")
    numbers = f"{anchor.tag} {anchor.algorithm} {anchor.digest_type}"
    (folder / "delv.keys").write_text(f'trust-anchors {{ . static-ds {numbers} "{anchor.digest}"; }};\n')


def _write_certificate(folder: Path) -> None:
    """For unbound's TLS and HTTPS ports; `ca.pem` vouches for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert(RESOLVER_NAME, UNBOUND)
    issued.private_key_pem.write_to_path(folder / "resolver.key")
    for number, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(folder / "resolver.pem", append=number > 0)


# --- Serving ---------------------------------------------------------------------------------------


def _start(space: Namespace, folder: Path, zones: Sequence[Zone], files: dict[str, Path]) -> None:
    served = {server: [zone for zone in zones if zone.server == server] for server in _NS}
    for server, write in (("root", _nsd), ("nsd", _nsd), ("named", _named), ("knotd", _knotd)):
        home = _home(folder, server)
        conf = write(home, _NS[server], [(zone, files[zone.name]) for zone in served[server]])
        program = "nsd" if server == "root" else server
        flags = {"nsd": ["-d", "-c"], "named": ["-g", "-n", "1", "-c"], "knotd": ["-c"]}[program]
        space.spawn(tool(program), *flags, conf, log=folder / f"{server}.log")
    conf = _unbound(_home(folder, "unbound"), folder)
    space.spawn(tool("unbound"), "-d", "-c", conf, log=folder / "unbound.log")
    conf = _resolving_named(_home(folder, "resolver"), folder)
    space.spawn(tool("named"), "-g", "-n", "1", "-c", conf, log=folder / "resolver.log")


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    return home


def _nsd(home: Path, address: str, zones: list[tuple[Zone, Path]]) -> Path:
    conf = home / "nsd.conf"
    conf.write_text(
        f'server:\n  ip-address: {address}\n  username: ""\n  zonesdir: "{home}"\n  database: ""\n'
        f'  pidfile: "{home}/nsd.pid"\n  xfrdfile: "{home}/xfrd.state"\n  zonelistfile: "{home}/zone.list"\n'
        "  server-count: 1\nremote-control:\n  control-enable: no\n"
        + "".join(f'zone:\n  name: "{zone.origin}"\n  zonefile: "{file}"\n' for zone, file in zones)
    )
    return conf


def _named_options(home: Path, address: str, *more: str) -> str:
    options = [
        f'directory "{home}"',
        f'pid-file "{home}/named.pid"',
        f'session-keyfile "{home}/session.key"',
        f'managed-keys-directory "{home}"',
        f"listen-on {{ {address}; }}",
        "listen-on-v6 { none; }",
        *more,
    ]
    return "controls { };\noptions {\n" + "".join(f"  {option};\n" for option in options) + "};\n"


def _named(home: Path, address: str, zones: list[tuple[Zone, Path]]) -> Path:
    conf = home / "named.conf"
    conf.write_text(
        _named_options(
            home, address, "recursion no", "dnssec-validation no", "check-integrity no", "notify no"
        )
        + "".join(f'zone "{zone.origin}" {{ type primary; file "{file}"; }};\n' for zone, file in zones)
    )
    return conf


def _knotd(home: Path, address: str, zones: list[tuple[Zone, Path]]) -> Path:
    conf = home / "knot.conf"
    online = [file for zone, file in zones if zone.signer == "online"]
    keys = online[0].parent / "keys" if online else home / "keys"
    module = '    module: "mod-onlinesign/online"\n'
    conf.write_text(
        f'server:\n    listen: {address}@53\n    rundir: "{home}"\n    udp-workers: 1\n    tcp-workers: 1\n'
        f'database:\n    storage: "{home}"\n    kasp-db: "{keys}"\nlog:\n  - target: stderr\n    any: info\n'
        f"{ONLINE_POLICY}mod-onlinesign:\n  - id: online\n    policy: online\n"
        "template:\n  - id: default\n    zonefile-sync: -1\n    journal-content: none\nzone:\n"
        + "".join(
            f'  - domain: "{zone.origin}"\n    file: "{file}"\n{module if zone.signer == "online" else ""}'
            for zone, file in zones
        )
    )
    return conf


def _unbound(home: Path, folder: Path) -> Path:
    conf = home / "unbound.conf"
    options = [
        *(f"interface: {UNBOUND}@{port}" for port in (53, 853, 443)),
        "https-port: 443",
        f'tls-service-key: "{folder}/resolver.key"',
        f'tls-service-pem: "{folder}/resolver.pem"',
        "access-control: 0.0.0.0/0 allow",
        f'directory: "{home}"',
        'chroot: ""',
        'username: ""',
        f'pidfile: "{home}/unbound.pid"',
        "use-syslog: no",
        "do-ip6: no",
        # Of the ten that it has by default it closes idle ones early once half are taken; eight names at a
        # time fetch their zones' keys over TCP.
        "incoming-num-tcp: 200",
        "val-log-level: 2",
        f'root-hints: "{folder}/root.hints"',
        f'trust-anchor-file: "{folder}/root.ds"',
    ]
    lines = "".join(f"  {option}\n" for option in options)
    conf.write_text(f"server:\n{lines}remote-control:\n  control-enable: no\n")
    return conf


def _resolving_named(home: Path, folder: Path) -> Path:
    conf = home / "named.conf"
    conf.write_text(
        _named_options(
            home,
            NAMED,
            "recursion yes",
            "allow-query { any; }",
            "dnssec-validation yes",
            "empty-zones-enable no",
        )
        + f'zone "." {{ type hint; file "{folder}/root.hints"; }};\n'
        + (folder / "delv.keys").read_text()
    )
    return conf
