"""How fast a log is read: lines a second and core, and the memory that takes.

    python scripts/bench_survey.py lists [--lines 10000000]

The logs are made up, 20,000 domains in each: `mixed` has the eight lines that Postfix writes of a mail that
passes through, `deliveries` nothing but lines that count, a twentieth of them deferred.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOMAINS = 20_000
#: Lines a second and core below which the benchmark fails, of a Postfix log.
LEAST = 200_000

_MEASURE = """
import json, resource, sys, time
from mailpath.survey.lists import read
began = time.process_time()
found = read(sys.argv[1:])
print(json.dumps({
    "lines": sum(each.lines for each in found.read),
    "mails": sum(found.mails.values()),
    "domains": len(found.mails),
    "cpu_s": time.process_time() - began,
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def mixed(mails: int) -> Iterator[str]:
    """Eight lines a mail."""
    for number, (sent, queue, domain) in enumerate(_deliveries(mails)):
        program = f"Nov 23 12:00:{number % 60:02d} mail postfix/"
        pid, peer = 1000 + number % 500, f"out.sender{number % 99}.example[203.0.113.{number % 250}]"
        yield f"{program}smtpd[{pid}]: connect from {peer}\n"
        yield f"{program}smtpd[{pid}]: {queue}: client={peer}, sasl_method=PLAIN, sasl_username=u{number}\n"
        yield f"{program}cleanup[{pid}]: {queue}: message-id=<20261123.{number}@a.example>\n"
        yield f"{program}qmgr[99]: {queue}: from=<alice@a.example>, size=4711, nrcpt=1 (queue active)\n"
        yield (
            f"{program}smtp[{pid}]: Untrusted TLS connection established to mx.{domain}[192.0.2.10]:25:"
            " TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature"
            " RSA-PSS (2048 bits) server-digest SHA256\n"
        )
        yield sent
        yield f"{program}smtpd[{pid}]: disconnect from {peer} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1\n"
        yield f"{program}qmgr[99]: {queue}: removed\n"


def deliveries(mails: int) -> Iterator[str]:
    """One line a mail."""
    for sent, _, _ in _deliveries(mails):
        yield sent


def _deliveries(mails: int) -> Iterator[tuple[str, str, str]]:
    for number in range(mails):
        queue, domain = f"4{number:011X}", f"mail{number * 7919 % DOMAINS}.example"
        status = "sent" if number % 20 else "deferred"
        yield (
            f"Nov 23 12:00:{number % 60:02d} mail postfix/smtp[{1000 + number % 500}]: {queue}:"
            f" to=<bob{number % 999}@{domain}>, relay=mx.{domain}[192.0.2.10]:25, delay=1.3,"
            f" delays=0.1/0.01/1.1/0.1, dsn=2.0.0, status={status} (250 2.0.0 Ok: queued as 1A2B3C4D5E)\n",
            queue,
            domain,
        )


def main(words: list[str]) -> int:
    """Prints one JSON object a log.  1 where a log is read more slowly than it must be."""
    options = argparse.ArgumentParser(prog="bench_survey.py lists")
    options.add_argument("--lines", type=int, default=2_000_000)
    lines = options.parse_args(words).lines
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        for name, made in (("mixed", mixed(lines // 8)), ("deliveries", deliveries(lines))):
            file = Path(folder, f"{name}.log")
            with file.open("w") as opened:
                opened.writelines(made)
            slow |= _measured(name, file) < LEAST
            if name == "mixed":
                packed = Path(folder, "mixed.log.1.gz")
                with file.open("rb") as there, gzip.open(packed, "wb", compresslevel=1) as opened:
                    shutil.copyfileobj(there, opened)
                slow |= _measured("mixed, gzip", packed) < LEAST
            file.unlink()
    return int(slow)


def _measured(name: str, file: Path) -> float:
    """Lines a second, in a process of its own."""
    command = [sys.executable, "-c", _MEASURE, str(file)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found["lines_per_s"] = round(found["lines"] / found["cpu_s"])
    print(json.dumps({"log": name, **found}), flush=True)
    return float(found["lines_per_s"])
