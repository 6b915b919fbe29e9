"""How this process ends when it is told to from outside: within the second, whatever it is doing.

A signal, or the end of its terminal, is noticed by a thread that does nothing else; it undoes what must not
be left behind and leaves by `os._exit`.  So nothing has to answer: no event loop, no lock, no queue of a
terminal that is gone, and no exception is thrown into code that does not expect one.  Standard library only,
and little of it: this runs before anything else is imported.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from enum import IntEnum
from types import FrameType

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
#: Seconds: how long the end waits for something half made, and when the kernel cuts everything off.
_HALF_MADE, _CUT_OFF = 0.5, 1.5

Undo = Callable[[], object]


class ExitCode(IntEnum):
    """What the process says as it ends; `mailpath.report.exit_codes` says which verdict has which.

    The first four are those of Nagios plug-ins, then come those of sysexits.h, and of a shell whose program
    a signal ended: `SIGNAL` and the signal's number.
    """

    OK = 0
    BELOW = 1
    UNDELIVERED = 2
    UNKNOWN = 3
    USAGE = 64
    OS_ERROR = 71
    IO_ERROR = 74
    SIGNAL = 128
    INTERRUPTED = 130
    PIPE = 141


def _noted(number: int, frame: FrameType | None) -> None:
    """A handler of Python's has to be there for the descriptor to be told; in C, and at once."""


def _is_device(descriptor: int) -> bool:
    """What a terminal is even after its hang-up, when it is no terminal any more for `isatty`."""
    try:
        return stat.S_ISCHR(os.fstat(descriptor).st_mode)
    except OSError:
        return False


class _Ending:
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._undo: list[Undo] = []
        self._status: int | None = None
        self._terminals: set[int] = set()
        self._wake: int | None = None

    def watch(self, status: int | None = None) -> None:
        """From now on a signal ends the process.

        `status`: the exit status; None for the shell's, 128 and the signal's number.  To be called in the
        main thread; a later call says what has changed.  A signal that was ignored stays so.
        """
        self._status = status
        if self._wake is not None:
            return
        # Above the three of the standard streams, one of which the caller may have closed.
        pipe = os.pipe()
        woken, self._wake = (fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 3) for each in pipe)
        for each in pipe:
            os.close(each)
        os.set_blocking(self._wake, False)
        threading.Thread(target=self._wait, args=(woken,), name="mailpath-ending", daemon=True).start()
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _noted)

    def tie(self, *descriptors: int) -> None:
        """A hang-up of any of the terminals among `descriptors` ends a process that is watched, too."""
        self._terminals |= {each for each in descriptors if _is_device(each)}
        if self._wake is not None:
            os.write(self._wake, b"\0")

    def at_end(self, undo: Undo) -> Callable[[], None]:
        """If the process is ended, `undo` is called, in a thread; the latest first.  What is returned cancels
        that."""
        with self._lock:
            self._undo.append(undo)

        def cancel() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._undo.remove(undo)

        return cancel

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """The end does not come between what is made in here and its `at_end`; after it nothing is made."""
        with self._lock:
            yield

    def _wait(self, woken: int) -> None:
        # A process in the background may set its terminal right again only if it does not care for this one.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        poll = select.poll()
        poll.register(woken, select.POLLIN)
        watched: set[int] = set()
        while True:
            for descriptor, event in poll.poll():
                if descriptor == woken:
                    for number in os.read(woken, 64):
                        if number in SIGNALS:
                            self._end(number)
                    for terminal in self._terminals - watched:
                        poll.register(terminal, 0)  # a hang-up is told unasked
                    watched |= self._terminals
                elif event & (select.POLLHUP | select.POLLERR):
                    self._end(signal.SIGHUP)
                else:
                    poll.unregister(descriptor)  # POLLNVAL: macOS does not poll every terminal

    def _end(self, number: int) -> None:
        # Should anything below block (a file server, a terminal that takes nothing): SIGALRM's default.
        signal.setitimer(signal.ITIMER_REAL, _CUT_OFF)
        self._lock.acquire(timeout=_HALF_MADE)
        for undo in reversed(self._undo):
            with contextlib.suppress(Exception):
                undo()
        os._exit(ExitCode.SIGNAL + number if self._status is None else self._status)


_process = _Ending()
watch = _process.watch
tie = _process.tie
at_end = _process.at_end
whole = _process.whole
