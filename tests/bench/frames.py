"""What motion costs: bytes, updates and CPU while the lab plays, here and over SSH."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench.figure import Figure, skipped
from tests.bench.lab import UPDATE, lab
from tests.bench.process import HAS_PROC, NO_PROC, cpu_seconds, memory_mb

WATCH = 8.0  # seconds
SIZES = ((120, 40), (80, 24))
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
    """Six hospitals at both sizes, as at a desk and as over SSH."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "six.toml"
        scenario.write_text(SCENARIO, encoding="utf-8")
        return [
            figure
            for columns, rows in SIZES
            for name, env, frames, cpu in (("here", {}, 12, 15), ("over SSH", OVER_SSH, 6, 5))
            for figure in _playing(
                f"{columns}×{rows} {name}", str(scenario), env, (columns, rows), frames, cpu
            )
        ]


def _playing(
    name: str,
    scenario: str,
    env: Mapping[str, str],
    size: tuple[int, int],
    frames: float,
    cpu: float,
) -> list[Figure]:
    columns, rows = size
    with lab("--scenario", scenario, columns=columns, rows=rows, env=env) as pty:
        pty.send(" ")
        pty.wait_for(r"(?s)(COMBINE.*){4}", 60)  # past the slow first round; spans come in halves
        before = cpu_seconds(pty.pid) if HAS_PROC else 0.0
        sent = pty.read(WATCH)
        used = cpu_seconds(pty.pid) - before if HAS_PROC else 0.0
        held = memory_mb(pty.pid) if HAS_PROC else 0.0
    updates = sent.count(UPDATE)
    return [
        Figure(f"{name}, a frame", len(sent) / max(updates, 1), "bytes", 4000),
        Figure(f"{name}, frames", updates / WATCH, "/s", frames),
        Figure(f"{name}, to the terminal", len(sent) / WATCH, "bytes/s"),
        Figure(f"{name}, CPU", 100 * used / WATCH, "%", cpu)
        if HAS_PROC
        else skipped(f"{name}, CPU", NO_PROC),
        *([Figure(f"{name}, resident", held, "MB", 100)] if HAS_PROC else []),
    ]
