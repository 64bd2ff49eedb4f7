"""From the command to the first painted lab, beside a bare Textual app started in alternation."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.figure import Figure, ratio
from tests.bench.lab import PAINTED
from tests.command import FEDTUI, at_home
from tests.terminal import Pty

HELLO = str(Path(__file__).with_name("hello.py"))
REPEATS = 7


def measure() -> list[Figure]:
    """Seconds to the first paint of both, and their ratio."""
    _seconds([FEDTUI], PAINTED)  # warms the disk and the byte code
    pairs = [
        (_seconds([FEDTUI], PAINTED), _seconds([sys.executable, HELLO], "hello"))
        for _ in range(REPEATS)
    ]
    ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    lab, hello = Figure("lab painted", ours, "s"), Figure("bare Textual painted", bare, "s")
    return [lab, hello, ratio("lab ÷ bare Textual", lab, hello, 2.5)]


def _seconds(argv: list[str], painted: str) -> float:
    with tempfile.TemporaryDirectory() as home, Pty(argv, env=at_home(Path(home))) as pty:
        seconds = pty.wait_for(painted)
        pty.send("q")
        pty.wait()
    return seconds
