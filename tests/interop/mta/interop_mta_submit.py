"""Runs inside the namespace: hands messages to a mail server.  Arguments: port, JSON list of recipients.

The null sender keeps bounces from being sent in their turn (RFC 5321 section 4.5.5).
"""

from __future__ import annotations

import json
import smtplib
import sys
from pathlib import Path


def main(port: int, recipients: list[str]) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        for recipient in recipients:
            server.sendmail("", [recipient], f"Subject: one message\r\nTo: {recipient}\r\n\r\nto deliver\r\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
