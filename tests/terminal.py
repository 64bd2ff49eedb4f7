"""A real terminal for tests and benchmarks: a pseudo-terminal and the bytes that pass through it.

It sees what a program sends and what it does to the terminal's settings, waits for conditions and
never for a time alone, and ends only what it started, by its own id. `tests/tmux.py` shows the
whole screen, as a person would see it.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

_ESCAPES = re.compile(
    rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-_])"
)
_MODES = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_CONTROLLING = 'exec "$@" <>"$TTY_NAME" >&0 2>&1'  # a session's first tty becomes its own
_SILENT = (
    "COLUMNS",
    "LINES",
    "TMUX",
    "TMUX_PANE",
    "NO_COLOR",
    "SSH_CONNECTION",
    "SSH_CLIENT",
    "SSH_TTY",
    "COLORTERM",
)


class TerminalTimeoutError(AssertionError):
    """What was waited for did not come; the message shows what was there instead."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without traces of the terminal it runs in, and with `extra`."""
    kept = {k: v for k, v in os.environ.items() if k not in _SILENT}
    return kept | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | dict(extra or {})


class Ending:
    """Something that `with` ends by its `close`."""

    def close(self) -> None:
        """End it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Pty(Ending):
    """A program in a pseudo-terminal of its own, which is also its controlling terminal.

    The terminal is held open here, so that its settings can be compared after the program's end:
    `settings_before` is what it started with, `settings()` what it has now.
    """

    def __init__(
        self,
        argv: list[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
    ) -> None:
        self._master, self._slave = os.openpty()
        self.output = b""  # everything sent so far
        self.resize(columns, rows)
        self.settings_before = self.settings()
        name = os.ttyname(self._slave)
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _CONTROLLING, "sh", *argv],
            stdin=subprocess.DEVNULL,
            env=environment(env) | {"TTY_NAME": name},
            cwd=cwd,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def settings(self) -> list[Any]:
        """The terminal's settings now, as `termios.tcgetattr` tells them."""
        return termios.tcgetattr(self._slave)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told by SIGWINCH."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program, if it still runs."""
        if self._process.poll() is None:
            os.kill(self.pid, number)

    def read(self, seconds: float) -> bytes:
        """What arrives within `seconds`: all of that time is waited."""
        start, deadline = len(self.output), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._pull(left)
        return self.output[start:]

    def wait_for(self, pattern: str, timeout: float = 20, *, start: int = 0) -> float:
        """Seconds from the program's start to `pattern` in its text (after byte `start`)."""
        expected = re.compile(pattern.encode())
        self._until(lambda: bool(expected.search(self._text(start))), timeout, repr(pattern))
        return time.perf_counter() - self.started

    def wait(self, timeout: float = 20) -> int:
        """The exit code, once the program has ended (negative: the signal that ended it)."""
        self._until(lambda: self._process.poll() is not None, timeout, "its end")
        self._pull(0.05)
        return self._process.returncode

    @property
    def running(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    def mode(self, number: int) -> bool:
        """Whether DEC private mode `number` is on: 1049 alternate screen, 25 cursor, 1003 mouse."""
        state = number in (7, 25)  # line wrap and the cursor are on in a fresh terminal
        for numbers, letter in _MODES.findall(self.output):
            if str(number).encode() in numbers.split(b";"):
                state = letter == b"h"
        return state

    def modes_left_on(self) -> list[int]:
        """Modes that a program must switch off before it ends and did not; 25: cursor hidden."""
        bad = (1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2048)
        return [m for m in bad if self.mode(m)] + ([] if self.mode(25) else [25])

    @property
    def text(self) -> str:
        """What was sent, escape sequences left out."""
        return self._text(0).decode(errors="replace")

    def close(self) -> None:
        """End the program if it still runs, and the terminal."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)
        os.close(self._slave)

    def _text(self, start: int) -> bytes:
        return _ESCAPES.sub(b"", self.output[start:])

    def _pull(self, timeout: float) -> bool:
        """Take what is there, waiting at most `timeout`; whether anything came."""
        ready, _, _ = select.select([self._master], [], [], timeout)
        if ready:
            self.output += os.read(self._master, 65536)
        return bool(ready)

    def _until(self, met: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not met():
            ended = self._process.poll() is not None
            if not self._pull(0.05) and not met() and (ended or time.monotonic() > deadline):
                why = f"it ended ({self._process.returncode})" if ended else f"{timeout:g} s passed"
                raise TerminalTimeoutError(f"{why} before {what}; got:\n{self.text[-3000:]}")
