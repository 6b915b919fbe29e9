"""Runs inside the namespace: one process per message, each of which takes it from standard input.

Argument: a JSON list of [recipient, [program, argument, ...]].
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

AT_ONCE = 6
LIMIT = 60.0


def deliver(job: tuple[str, list[str]]) -> str:
    """What the program said on standard error, where it failed."""
    recipient, command = job
    message = f"Subject: one message\nTo: {recipient}\n\nto deliver\n"
    done = subprocess.run(command, input=message, capture_output=True, text=True, timeout=LIMIT, check=False)
    return done.stderr if done.returncode else ""


def main(jobs: list[tuple[str, list[str]]]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for job, complaint in zip(jobs, pool.map(deliver, jobs), strict=True):
            if complaint:
                print(job[0], complaint)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
