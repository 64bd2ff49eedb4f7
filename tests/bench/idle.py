"""What the paused lab costs while nobody touches it."""

from __future__ import annotations

from tests.bench.figure import Figure, skipped
from tests.bench.lab import lab
from tests.bench.process import HAS_PROC, NO_PROC, cpu_seconds

SETTLE, WATCH = 3.0, 5.0  # seconds


def measure() -> list[Figure]:
    """Bytes per second and CPU of the paused lab, three seconds after its first paint."""
    with lab() as pty:
        pty.read(SETTLE)
        before = cpu_seconds(pty.pid) if HAS_PROC else 0.0
        sent = len(pty.read(WATCH))
        used = cpu_seconds(pty.pid) - before if HAS_PROC else 0.0
    bytes_a_second = Figure("idle, to the terminal", sent / WATCH, "bytes/s", 0)
    if not HAS_PROC:
        return [bytes_a_second, skipped("idle, CPU", NO_PROC)]
    return [bytes_a_second, Figure("idle, CPU", 100 * used / WATCH, "%", 1)]
