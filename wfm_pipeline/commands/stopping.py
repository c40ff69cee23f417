"""Ctrl-C and SIGTERM: said in one word, within three seconds, with the exit code that shells expect.

A signal becomes a `KeyboardInterrupt`, so that everything that is open is given back: transactions roll
back, files written beside are taken away. Python delivers it only between two steps of its own; a
thread that the system itself wakes up sees to it that the process ends even where a library is in the
middle of a long computation. Ending like that is safe: what is not committed or swapped in is not there.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from types import TracebackType
from typing import Final, NoReturn, Self

_STOPPED: Final = b"stopped\n"
_GRACE_SECONDS: Final = 2.0
"""Time to give back what is open [s]; then the process ends as it is."""
_MOMENT_SECONDS: Final = 0.2
"""Which thread is woken up first by a signal is not known; the other one waits this long for it [s]."""
_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM})


class Stopping:
    """Listens for Ctrl-C and SIGTERM as long as the `with` lasts; only the main thread can hear them."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._signal = int(signal.SIGINT)
        self._heard = threading.Event()

    @property
    def is_asked(self) -> bool:
        """True once a signal has come: whatever fails after that fails because of it."""
        return self._heard.wait(_MOMENT_SECONDS)

    def end(self) -> NoReturn:
        """Say that we stopped, and leave with 130 after Ctrl-C and 143 after SIGTERM.

        At once: all that was open has been given back on the way here, and taking a big interpreter
        down in order would take longer than the work before.
        """
        self._heard.wait(_MOMENT_SECONDS)
        with contextlib.suppress(OSError):  # a pipe whose reader has gone
            sys.stdout.flush()
        _leave(self._signal)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._is_here = threading.current_thread() is threading.main_thread()
        if self._is_here:
            self._before = {number: signal.getsignal(number) for number in _SIGNALS}
            # A shell's background job does not hear the Ctrl-C that is meant for another.
            self._heeded = {number for number, handler in self._before.items() if handler is not signal.SIG_IGN}
            self._read_end, self._write_end = os.pipe()
            os.set_blocking(self._write_end, False)
            self._wakeup_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
            for number in _SIGNALS:
                signal.signal(number, self._interrupt)
            threading.Thread(target=self._watch, name="stopping", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the signals as they were."""
        if self._is_here:
            signal.set_wakeup_fd(self._wakeup_before)
            for number, handler in self._before.items():
                signal.signal(number, handler)
            os.close(self._write_end)

    def _interrupt(self, number: int, _frame: object) -> None:
        if number in self._heeded:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        """Wait for a signal that is heeded; then give the main thread its time, and no more."""
        while number := os.read(self._read_end, 1):  # nothing once the other end is closed
            if number[0] in self._heeded:
                self._signal = number[0]
                self._heard.set()
                time.sleep(_GRACE_SECONDS)
                _leave(self._signal)
        os.close(self._read_end)


def _leave(number: int) -> NoReturn:
    os.write(2, _STOPPED)
    os._exit(128 + number)
