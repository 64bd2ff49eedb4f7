"""How much memory the running lab holds."""

from __future__ import annotations

from tests.bench.figure import Figure, skipped
from tests.bench.lab import lab
from tests.bench.process import HAS_PROC, NO_PROC, memory_mb


def measure() -> list[Figure]:
    """Resident memory of the default lab after some rounds, and of one that needs scikit-learn."""
    if not HAS_PROC:
        return [skipped("lab, resident", NO_PROC)]
    return [
        Figure("lab, resident", _after_rounds("cells"), "MB", 100),
        Figure("lab on notebook, resident", _after_rounds("notebook"), "MB", 190),
    ]


def _after_rounds(scenario: str) -> float:
    with lab("--scenario", scenario) as pty:
        pty.send(" ")
        pty.wait_for(r"(?s)(COMBINE.*){4}", 60)
        return memory_mb(pty.pid)
