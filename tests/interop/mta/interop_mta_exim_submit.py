"""Runs inside the namespace: one Exim process per message, each of which delivers before it ends.

Argument: a JSON list of [program, configuration, recipient].
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

AT_ONCE = 6
LIMIT = 60.0


def deliver(job: tuple[str, str, str]) -> str:
    """What Exim said on standard error, where it failed."""
    exim, configuration, recipient = job
    command = [exim, "-C", configuration, "-odf", "-oi", "-f", "<>", recipient]
    message = f"Subject: one message\nTo: {recipient}\n\nto deliver\n"
    done = subprocess.run(command, input=message, capture_output=True, text=True, timeout=LIMIT, check=False)
    return done.stderr if done.returncode else ""


def main(jobs: list[tuple[str, str, str]]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for job, complaint in zip(jobs, pool.map(deliver, jobs), strict=True):
            if complaint:
                print(job[2], complaint)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
