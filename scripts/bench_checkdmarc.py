"""checkdmarc on the lab, for `make bench`: what it has in common with `mailpath check`.

That is MX, STARTTLS, MTA-STS, DNSSEC, TLSA and TLS reports.  Run by the Python that has it, with a domain
and a network file.  It asks port 53 and connects to 25 and 443; the lab's servers live elsewhere on loopback.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tomllib
from pathlib import Path
from typing import Any


def main(domain: str, network: str) -> None:
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

    policy = check_mta_sts(domain, nameservers=asked)
    patterns = policy["policy"]["mx"] if policy["valid"] else None
    found = {
        "dnssec": check_dnssec(domain, nameservers=asked),
        "mta_sts": policy,
        "mx": check_mx(domain, check_mx_tls=True, mta_sts_mx_patterns=patterns, nameservers=asked),
        "tlsrpt": check_smtp_tls_reporting(domain, nameservers=asked),
    }
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
