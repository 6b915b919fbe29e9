"""A process that has loaded mailpath, and runs each command that it is asked for in a fork of itself.

    python warm.py SOCKET

A page of the manual starts mailpath some ten times; so a start costs no imports.  `shim.py` asks: a JSON line
with the words, the folder and the environment, and its three standard streams as descriptors.  The answer is
the exit status.  Whoever tries to leave this machine is ended with status
LEFT: the manual's commands run in the lab alone.
"""

from __future__ import annotations

import gc
import io
import json
import os
import pkgutil
import select
import signal
import socket
import sys
from importlib import import_module
from typing import Any

import mailpath

LEFT = 99  # no command of ours ends so


def main() -> None:
    for module in pkgutil.walk_packages(mailpath.__path__, "mailpath."):
        if not module.name.startswith(("mailpath.tui", "mailpath.__main__")):
            import_module(module.name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for the commands
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen(64)
        print("ready", flush=True)
        while True:
            asking, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                os._exit(serve(asking))
            asking.close()


def serve(asking: socket.socket) -> int:
    """Run one command, and tell its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, streams, _, _ = socket.recv_fds(asking, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += asking.recv(1 << 20)
    pid = os.fork()
    if pid == 0:
        asking.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        run(json.loads(text))
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(pid)
    if ended not in select.select([asking.fileno(), ended], [], [])[0]:  # whoever asked is gone
        os.kill(pid, signal.SIGKILL)
        return 1
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    asking.sendall(b"%d" % (code if code >= 0 else 128 - code))
    return 0


def run(asked: dict[str, Any]) -> None:
    """Be the command; does not return."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    sys.argv = ["mailpath", *asked["words"]]
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False))  # noqa: SIM115 - open to the end
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False))  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), line_buffering=True)  # noqa: SIM115
    sys.addaudithook(stay)
    from mailpath.__main__ import main as command

    code = 1
    try:
        command()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def stay(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: end a process that turns to another machine."""
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            os.write(2, f"leaves this machine: {address}\n".encode())
            os._exit(LEFT)


if __name__ == "__main__":
    main()
