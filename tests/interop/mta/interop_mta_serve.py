"""Runs inside the namespace: the lab at its published addresses until SIGTERM.  Argument: a folder.

Into the folder go the network file with the trust anchor and CA beside it, `seen.jsonl` with every session,
then `ready`, and for each SIGUSR1 `taken.json`: the mail that the servers have taken.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from mailpath.lab import Lab
from mailpath.lab.session_log import SessionLog


def main(folder: Path) -> None:
    awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    with Lab.start(bind="published") as lab:
        SessionLog(str(folder / "seen.jsonl"), lab.scenarios).follow(lab)
        lab.write_network_file(folder)
        (folder / "ready").touch()
        while signal.sigwait(awaited) == signal.SIGUSR1:
            write_taken(lab, folder)


def write_taken(lab: Lab, folder: Path) -> None:
    taken = [
        {"host": seen.host, "address": seen.address, "tls": seen.tls_version, "commands": seen.commands}
        for seen in lab.seen
        if seen.delivered
    ]
    unfinished = folder / "taken.unfinished"
    unfinished.write_text(json.dumps(taken))
    unfinished.rename(folder / "taken.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
