"""The system log of programs that know no other: a /dev of their own, with a socket that is read here."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Mapping
from pathlib import Path

_DEVICES = ("null", "random", "urandom")
_PRIORITY = re.compile(r"^<\d+>")
_LARGEST = 65536


class SystemLog:
    """What is said to the socket, line by line, in `file`.  Lives as long as the tests."""

    def __init__(self, home: Path) -> None:
        self.file = home / "mail.log"
        self._dev = home / "dev"
        self._dev.mkdir()
        for device in _DEVICES:
            (self._dev / device).touch()
        self.file.touch()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._dev / "log"))
        (self._dev / "log").chmod(0o666)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def instead(self) -> Mapping[Path, str]:
        """For `standing_in`: the devices go into the folder, and the folder over /dev."""
        devices = {Path("/dev") / device: str(self._dev / device) for device in _DEVICES}
        return {**devices, self._dev: "/dev"}

    def lines(self) -> list[str]:
        return self.file.read_text(errors="replace").splitlines()

    def _read(self) -> None:
        with self.file.open("a") as file:
            while said := self._socket.recv(_LARGEST):
                file.write(_PRIORITY.sub("", said.decode(errors="replace").rstrip("\n\0")) + "\n")
                file.flush()
