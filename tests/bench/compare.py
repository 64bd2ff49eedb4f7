"""`fedtui compare` of 16 runs: two workers against one, the whole command by the clock.

Sixteen rows of one basis, as somebody trying out a setting has them, and sixteen seeds of one row, each
with patients of its own to prepare. Both count the start of the workers; a run takes most of a second, as
one of a fifth of it would measure that start and little else.

Time by the clock halves on two free cores only. So the processors' time, of all processes together, is
told beside it: what two workers cost that one does not, whatever else the machine does.
"""

from __future__ import annotations

import resource
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
BASE = ["--set", "data.source=synthetic", "--set", "data.hospitals=40", "--rounds", "160"]
CPU_BUDGET = 1.25  # of one worker's: twice the imports, and not all the patients once more
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
        taken: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for _ in range(REPEATS):
            for jobs, times in taken.items():
                times.append(_seconds([*varied, *BASE, "--jobs", str(jobs)]))
        for of, kind, budget in ((0, "", BUDGET), (1, ", processors' time", CPU_BUDGET)):
            one, two = (
                Figure(
                    f"{name}: {jobs} worker{'s' * (jobs > 1)}{kind}",
                    statistics.median(each[of] for each in times),
                    "s",
                )
                for jobs, times in taken.items()
            )
            figures += [one, two, ratio(f"{name}: two against one{kind}", two, one, budget)]
    return figures


def _seconds(asked: list[str]) -> tuple[float, float]:
    """By the clock, and of all processes together."""
    with tempfile.TemporaryDirectory() as home:
        before, began = _processors(), time.perf_counter()
        subprocess.run(
            [FEDTUI, "compare", *asked],
            check=True,
            stdout=subprocess.DEVNULL,
            env=at_home(Path(home)),
        )
        return time.perf_counter() - began, _processors() - before


def _processors() -> float:
    """Seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
