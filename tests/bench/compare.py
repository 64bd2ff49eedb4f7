"""`fedtui compare` of 16 runs: two workers against one, the whole command by the clock.

Sixteen rows of one basis, as somebody trying out a setting has them, and sixteen seeds of one row, each
with patients of its own to prepare. Both count the start of the workers.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import joblib

from tests.bench.figure import Figure, ratio, skipped
from tests.command import FEDTUI, at_home

REPEATS = 3
BUDGET = 0.65  # of one worker's time: half, and what the start of two costs
BASE = ["--set", "data.source=synthetic", "--set", "data.hospitals=40", "--rounds", "60"]
GRIDS = {
    "16 settings, the same patients": [
        "--vary",
        f"fedprox.mu={','.join(f'{m}e-2' for m in range(1, 17))}",
    ],
    "16 seeds, other patients each": ["--seeds", "16"],
}


def measure() -> list[Figure]:
    """Medians, in seconds; two workers and one in turn, so that both meet the same load."""
    if joblib.cpu_count() < 2:
        return [skipped("compare", "there is one core")]
    figures = []
    for name, varied in GRIDS.items():
        times: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(REPEATS):
            for jobs, taken in times.items():
                taken.append(_seconds([*varied, *BASE, "--jobs", str(jobs)]))
        one, two = (
            Figure(f"{name}: {jobs} worker{'s' * (jobs > 1)}", statistics.median(taken), "s")
            for jobs, taken in times.items()
        )
        figures += [one, two, ratio(f"{name}: two against one", two, one, BUDGET)]
    return figures


def _seconds(asked: list[str]) -> float:
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        subprocess.run(
            [FEDTUI, "compare", *asked],
            check=True,
            stdout=subprocess.DEVNULL,
            env=at_home(Path(home)),
        )
        return time.perf_counter() - began
