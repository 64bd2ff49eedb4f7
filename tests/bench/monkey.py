"""Two minutes of random keys in a real terminal: whether the lab stands, and still plays."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests import monkey
from tests.bench.figure import Figure
from tests.bench.lab import PAINTED
from tests.command import FEDTUI, at_home
from tests.terminal import Pty

SEED, SECONDS = 1, 120


def measure() -> list[Figure]:
    """Keys pressed, and how often the lab fell; the palette may quit, which is no fall."""
    keys = list(monkey.presses(SEED, SECONDS * monkey.SECOND))
    falls = starts = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        while keys:
            starts += 1
            with Pty([FEDTUI], env=at_home(home), cwd=home) as pty:
                pty.wait_for(PAINTED)
                code = _typed(pty, keys)
                falls += bool(code) or (code is None and not _still_plays(pty))
    return [
        Figure("random keys pressed", SECONDS * monkey.SECOND, "keys"),
        Figure("times the lab fell", falls, "", 0),
        Figure("times the palette was made to quit", starts - 1, ""),
    ]


def _typed(pty: Pty, keys: list[str]) -> int | None:
    """Take keys from the list until it is empty or the lab ends; its exit code, where it did."""
    while keys:
        if not pty.running:
            return pty.wait()
        pty.send(monkey.sent(keys.pop(0)))
        pty.read(1 / monkey.SECOND)
    return None


def _still_plays(pty: Pty) -> bool:
    """Whether everything closes, a round is seen to pass, and q leaves."""
    for _ in range(6):
        pty.send("\x1b")
        pty.read(0.3)
    start = len(pty.output)
    pty.send("0]")
    pty.wait_for(r"\[ TEST \]", 30, start=start)
    pty.send("q")
    return pty.wait() == 0
