"""Runs inside the namespace: the lab at its published addresses until SIGTERM.  Argument: a folder.

Into the folder go the network file with the trust anchor and CA beside it, then `ready`, and at the end
`taken.json`: the mail that the servers took.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from mailpath.lab import Lab


def main(folder: Path) -> None:
    ending = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    with Lab.start(bind="published") as lab:
        lab.write_network_file(folder)
        (folder / "ready").touch()
        signal.sigwait(ending)
        taken = [
            {"host": seen.host, "address": seen.address, "tls": seen.tls_version, "commands": seen.commands}
            for seen in lab.seen
            if seen.delivered
        ]
    (folder / "taken.json").write_text(json.dumps(taken))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
