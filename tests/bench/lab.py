"""The lab in a pseudo-terminal, as the figures on the screen need it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.command import FEDTUI, at_home
from tests.terminal import Pty

PAINTED = r"(?s)SERVER.*patients"  # the server and, further down, a hospital's tile
SYNC_SUPPORTED = "\x1b[?2026;2$y"  # a terminal's answer; from then on updates are delimited
UPDATE = b"\x1b[?2026h"  # how an update begins


@contextmanager
def lab(
    *arguments: str, columns: int = 120, rows: int = 40, env: Mapping[str, str] | None = None
) -> Iterator[Pty]:
    """`fedtui ARGUMENTS`, painted for the first time, with a home of its own; quit at the end."""
    with (
        tempfile.TemporaryDirectory() as home,
        Pty([FEDTUI, *arguments], columns=columns, rows=rows, env=at_home(Path(home), env)) as pty,
    ):
        pty.wait_for(PAINTED)
        pty.send(SYNC_SUPPORTED)
        yield pty
        pty.send("q")
        pty.wait()
