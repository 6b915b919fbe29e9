"""The terminal that the app draws on: it may go away, be taken away for a while, or have to be given back in
a hurry.  Textual's driver, which knows of none of these (8.2: its writer ends with the terminal, whereupon
everybody who draws waits for it)."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
from collections.abc import Callable
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver

from mailpath import ending

#: What `LinuxDriver.stop_application_mode` writes; first an end for a sequence or a frame that was cut off.
_GIVE_BACK = (
    b"\x18\x1b[?2026l\x1b[m\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
#: Seconds that a terminal may take to take it, with a frame before it.
_TAKES = 0.5


class _Out:
    """`stream` as long as somebody is there to read it; without, there is no use in an app."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.gone = False

    def write(self, text: str) -> None:
        self._try(lambda: self._stream.write(text))

    def flush(self) -> None:
        self._try(self._stream.flush)

    def fileno(self) -> int:
        return self._stream.fileno()

    def _try(self, act: Callable[[], object]) -> None:
        if not self.gone:
            try:
                act()
            except OSError:
                self.gone = True
                signal.raise_signal(signal.SIGTERM)


class Terminal(LinuxDriver):
    """Standard input and standard error."""

    _mode = "left"  # or "entered"; "" on the way
    _continued = False  # on the way

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._file: Any = _Out(self._file)
        self._cancel: Callable[[], None] = lambda: None

    def start_application_mode(self) -> None:
        enter: Callable[[], None] = super().start_application_mode
        self._mode = ""
        with ending.whole():
            self._cancel()
            self._cancel = ending.at_end(self._give_back)
            enter()
            # In the background the driver stops the process before it has begun.
            while self._continued and not self._entered():
                self._continued = False
                enter()
        self._mode = "entered" if self._entered() else "left"

    def _entered(self) -> bool:
        return self._writer_thread is not None and self._writer_thread.is_alive()

    def stop_application_mode(self) -> None:
        self._mode = ""
        super().stop_application_mode()

    def close(self) -> None:
        super().close()
        self._cancel()
        self._mode = "left"

    def _give_back(self) -> None:
        """The terminal as it was before, past every queue; in another thread, while the app still draws."""
        self._file.gone = True
        screen = self._file.fileno()
        with contextlib.suppress(OSError):
            if select.select([], [screen], [], _TAKES)[1]:
                os.write(screen, _GIVE_BACK)
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def _sigtstp_application(self, *_: object) -> None:
        """Stop, with everybody in our process group, as a terminal does it: a shell that waits for a script
        or for make has to see that one stop, too."""
        if self._mode == "entered":
            self._must_signal_resume = True
            self.suspend_application_mode()
        ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, ours)
        self._come_back()  # where it was not stopped, since nobody is there to continue it

    def _sigcont_application(self, *_: object) -> None:
        self._continued = True
        if self._mode == "entered":  # SIGSTOP, which is told to nobody: others have drawn here since
            self._must_signal_resume = True
            self.suspend_application_mode()
        self._come_back()

    def _come_back(self) -> None:
        if self._mode == "left" and self._must_signal_resume:
            self.resume_application_mode()
