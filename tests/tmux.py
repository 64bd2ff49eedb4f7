"""A shell in tmux, for tests that look at the whole screen as a person would.

Each has a tmux server of its own on a private socket, and ends that server and nothing else.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from tests.terminal import Ending, TerminalTimeoutError, environment

HAS_TMUX = shutil.which("tmux") is not None
PROMPT = "prompt>"

T = TypeVar("T")


class Tmux(Ending):
    """A shell in a tmux server of its own, seen as its rows of text."""

    def __init__(
        self, columns: int = 80, rows: int = 24, *, env: Mapping[str, str] | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fedtui-", ignore_cleanup_errors=True)
        size = ["-x", str(columns), "-y", str(rows)]
        shell = f"PS1='{PROMPT} ' exec /bin/sh"
        self._call("-f", "/dev/null", "new-session", "-d", *size, shell, env=environment(env))
        self._call("set-option", "-g", "window-size", "manual")
        try:
            self.wait_for(PROMPT)
        except TerminalTimeoutError:
            self.close()
            raise

    @property
    def _tmux(self) -> list[str]:
        return ["tmux", "-u", "-S", f"{self._folder.name}/socket"]

    def _call(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            [*self._tmux, *command],
            check=True,
            timeout=20,
            stdout=subprocess.PIPE,
            env=env or environment(),
        )
        return done.stdout.decode()

    def enter(self, text: str) -> None:
        """Type `text` and Enter."""
        self._call("send-keys", "-l", text)
        self._call("send-keys", "Enter")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: `Space`, `Right`, `f`."""
        self._call("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._call("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        """The screen as it is now, a line per row."""
        return self._call("capture-pane", "-p")

    def wait_for(self, pattern: str, timeout: float = 20) -> re.Match[str]:
        """The first match of `pattern` on the screen, once there is one."""
        return self.wait_until(lambda screen: re.search(pattern, screen), timeout, repr(pattern))

    def wait_until(self, look: Callable[[str], T | None], timeout: float, what: str) -> T:
        """What `look` makes of the screen, once that is true."""
        deadline = time.monotonic() + timeout
        while not (found := look(screen := self.screen())):
            if time.monotonic() > deadline:
                raise TerminalTimeoutError(
                    f"waited {timeout:g} s for {what}; the screen:\n{screen}"
                )
            time.sleep(0.05)
        return found

    def flags(self) -> dict[str, bool]:
        """Whether the alternate screen, the cursor and mouse reports are on."""
        asked = self._call(
            "display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"
        )
        alternate, cursor, mouse = (flag == "1" for flag in asked.split())
        return {"alternate": alternate, "cursor": cursor, "mouse": mouse}

    def close(self) -> None:
        """End this tmux server and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, timeout=20, capture_output=True)
        self._folder.cleanup()
