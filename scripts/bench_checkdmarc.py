"""checkdmarc on the lab, for `make bench` and `make benchsurvey`: what it has in common with mailpath.

That is MX, STARTTLS, MTA-STS, DNSSEC, TLSA and TLS reports.  Run by the Python that has it, with a domain
and a network file; or with "@", a file of domains and how many of them, one after the other: then it prints
the CPU seconds that all took but the first, for which everything is loaded, and how many they are.  It asks
port 53 and connects to 25 and 443; the lab's servers live elsewhere on loopback.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(domain: str, network: str, most: str = "") -> None:
    """Prints JSON."""
    check = checker(network)
    if not domain.startswith("@"):
        print(json.dumps(check(domain), default=str))
        return
    first, *domains = Path(domain[1:]).read_text(encoding="utf-8").split()[: int(most)]
    check(first)
    began = time.process_time()
    for each in domains:
        check(each)
    print(json.dumps({"domains": len(domains), "cpu_s": time.process_time() - began}))


def checker(network: str) -> Callable[[str], dict[str, Any]]:
    """What checks a domain on the lab of this network file."""
    settings = tomllib.loads(Path(network).read_text(encoding="utf-8"))
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = settings["ca_file"]

    import dns.nameserver
    import dns.resolver
    import urllib3.util.connection
    from checkdmarc.dnssec import check_dnssec
    from checkdmarc.mta_sts import check_mta_sts
    from checkdmarc.smtp import check_mx
    from checkdmarc.smtp_tls_reporting import check_smtp_tls_reporting

    host, _, port = settings["resolver"].rpartition(":")
    asked = [dns.nameserver.Do53Nameserver(host, int(port))]
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = asked
    connect = socket.create_connection

    def dial(address: tuple[str, int], timeout: Any = None, *_: Any, **__: Any) -> socket.socket:
        name, port = address
        published = resolver.resolve(name, "A")[0].address
        real, _, number = settings["dial"][f"{published}:{port}"].rpartition(":")
        return connect((real, int(number)), timeout if isinstance(timeout, int | float) else None)

    socket.create_connection = urllib3.util.connection.create_connection = dial

    def check(domain: str) -> dict[str, Any]:
        policy = check_mta_sts(domain, nameservers=asked)
        patterns = policy["policy"]["mx"] if policy["valid"] else None
        return {
            "dnssec": check_dnssec(domain, nameservers=asked),
            "mta_sts": policy,
            "mx": check_mx(domain, check_mx_tls=True, mta_sts_mx_patterns=patterns, nameservers=asked),
            "tlsrpt": check_smtp_tls_reporting(domain, nameservers=asked),
        }

    return check


if __name__ == "__main__":
    main(*sys.argv[1:])
