"""What motion costs: bytes, updates and CPU while the lab plays, here and over SSH."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench.figure import Figure, skipped
from tests.bench.lab import UPDATE, lab
from tests.bench.process import HAS_PROC, NO_PROC, cpu_seconds

WATCH = 8.0  # seconds
SCENARIO = """
name = "six"
[data]
source = "breast-cancer"
hospitals = 6
[training]
rounds = 500
"""
OVER_SSH = {"SSH_CONNECTION": "127.0.0.1 50000 127.0.0.1 22"}


def measure() -> list[Figure]:
    """Six hospitals at 120×40, as at a desk and as over SSH."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "six.toml"
        scenario.write_text(SCENARIO, encoding="utf-8")
        return [
            *_playing("playing", str(scenario), {}, frames=12, cpu=15),
            *_playing("over SSH", str(scenario), OVER_SSH, frames=6, cpu=5),
        ]


def _playing(
    name: str, scenario: str, env: Mapping[str, str], *, frames: float, cpu: float
) -> list[Figure]:
    with lab("--scenario", scenario, env=env) as pty:
        pty.send(" ")
        pty.wait_for(r"(?s)(COMBINE.*){4}", 60)  # past the slow first round; spans come in halves
        before = cpu_seconds(pty.pid) if HAS_PROC else 0.0
        sent = pty.read(WATCH)
        used = cpu_seconds(pty.pid) - before if HAS_PROC else 0.0
    updates = sent.count(UPDATE)
    return [
        Figure(f"{name}, a frame", len(sent) / max(updates, 1), "bytes", 4000),
        Figure(f"{name}, frames", updates / WATCH, "/s", frames),
        Figure(f"{name}, to the terminal", len(sent) / WATCH, "bytes/s"),
        Figure(f"{name}, CPU", 100 * used / WATCH, "%", cpu)
        if HAS_PROC
        else skipped(f"{name}, CPU", NO_PROC),
    ]
