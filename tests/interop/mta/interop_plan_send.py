"""Runs inside the namespace: a message every 100 ms to a mail server, until SIGTERM.

Arguments: port, a file to write down when each was sent (number, seconds of the monotonic clock), the domain,
postures.  Each message goes to one recipient per posture, "POSTURE+FILE-NUMBER@DOMAIN".
"""

from __future__ import annotations

import signal
import smtplib
import sys
import threading
import time
from itertools import count
from pathlib import Path

EVERY = 0.1  # seconds


def main(port: int, file: Path, domain: str, postures: list[str]) -> None:
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server, file.open("w", buffering=1) as sent:
        began = time.monotonic()
        for number in count():
            # Where the machine was late, the next ones follow at once: on average they are on time.
            if ending.wait(max(0.0, began + number * EVERY - time.monotonic())):
                return
            sent.write(f"{number} {time.monotonic()}\n")
            recipients = [f"{posture}+{file.name}-{number}@{domain}" for posture in postures]
            # The null sender keeps bounces from being sent in their turn (RFC 5321 section 4.5.5).
            server.sendmail("", recipients, f"Subject: message {number}\r\n\r\nto deliver\r\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
