"""What motion costs: bytes, updates, CPU and memory while the lab plays, here and over SSH."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench.figure import Figure, skipped
from tests.bench.lab import UPDATE, lab
from tests.bench.process import HAS_PROC, NO_PROC, cpu_seconds, memory_mb

WATCH = 8.0  # seconds
SIZES = ((80, 24), (120, 40))
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
        found = []
        for size in SIZES:
            name = f"{size[0]}×{size[1]}"
            found += _playing(name, str(scenario), size, {}, frames=12, cpu=15)
            found += _playing(f"{name}, over SSH", str(scenario), size, OVER_SSH, frames=6, cpu=5)
        return found


def _playing(
    name: str,
    scenario: str,
    size: tuple[int, int],
    env: Mapping[str, str],
    *,
    frames: float,
    cpu: float,
) -> list[Figure]:
    with lab("--scenario", scenario, columns=size[0], rows=size[1], env=env) as pty:
        pty.send(" ")
        pty.wait_for(r"(?s)(COMBINE.*){4}", 60)  # past the slow first round; spans come in halves
        before = cpu_seconds(pty.pid) if HAS_PROC else 0.0
        sent = pty.read(WATCH)
        used = cpu_seconds(pty.pid) - before if HAS_PROC else 0.0
        memory = memory_mb(pty.pid) if HAS_PROC else 0.0
    updates = sent.count(UPDATE)
    shown = [
        Figure(f"{name}, a frame", len(sent) / max(updates, 1), "bytes", 4000),
        Figure(f"{name}, frames", updates / WATCH, "/s", frames),
        Figure(f"{name}, to the terminal", len(sent) / WATCH, "bytes/s"),
    ]
    if not HAS_PROC:
        return [*shown, skipped(f"{name}, CPU and memory", NO_PROC)]
    return [
        *shown,
        Figure(f"{name}, CPU", 100 * used / WATCH, "%", cpu, note=load()),
        Figure(f"{name}, resident", memory, "MB", 100),
    ]


def load() -> str:
    """How busy the machine is, which is why a figure may be worse than it should."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
