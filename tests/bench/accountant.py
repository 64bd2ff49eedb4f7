"""What privacy costs to account for: a plan's whole ε curve, its calibration, and `fedtui epsilon`.

Each plan is one distinct pair of sampling rate and releases: an unlucky federation has dozens.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

from engine.privacy import accountant
from engine.privacy.ledger import Release
from tests.bench.figure import Figure
from tests.command import FEDTUI
from tests.terminal import environment

EPSILON, DELTA, BUDGET = 4.0, 1e-5, 0.5
PLANS = [  # sampling rate, releases in a round, rounds
    (1.0, 1, 20),
    (0.28, 20, 30),
    (0.02, 250, 20),
    (0.16, 35, 100),
    (1 / 3125, 15_625, 20),
]
PAST = (Release(8.0, 200, 0.1), Release(12.0, 50, 0.3), Release(30.0, 10))
COMMANDS = [("1", "20"), ("0.1", "100"), ("0.00032", "312500")]
REPEATS = 5


def measure() -> list[Figure]:
    """Medians, in seconds by the clock."""
    figures = []
    for q, releases, rounds in PLANS:
        figures += _plan(f"q = {q:.4g}, {releases:,} × {rounds}", q, releases, rounds, ())
    figures += _plan("q = 0.28, 20 × 30 after a past of three kinds", 0.28, 20, 30, PAST)
    return figures + [_command(q, steps) for q, steps in COMMANDS]


def _plan(
    name: str, q: float, releases: int, rounds: int, past: tuple[Release, ...]
) -> list[Figure]:
    search = _timed(accountant.noise_multiplier, EPSILON, DELTA, releases * rounds, q, past)
    z = accountant.noise_multiplier(EPSILON, DELTA, releases * rounds, q, past)
    curve = _timed(accountant.curve, past, Release(z, releases, q), rounds, DELTA)
    return [
        Figure(f"{name}: calibration", search, "s", BUDGET),
        Figure(f"{name}: the ε curve", curve, "s", BUDGET),
    ]


def _timed(ask: Callable[..., Any], *about: Any) -> float:
    """Median seconds of an answer that is not remembered."""
    times = []
    for _ in range(REPEATS):
        for remembered in (accountant.epsilon, accountant.curve, accountant.noise_multiplier):
            remembered.cache_clear()
        start = time.perf_counter()
        ask(*about)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _command(q: str, steps: str) -> Figure:
    asked = [FEDTUI, "epsilon", "--q", q, "--steps", steps, "--delta", "1e-5", "--epsilon", "4"]
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, env=environment())
        times.append(time.perf_counter() - start)
    return Figure(f"{' '.join(['fedtui', *asked[1:6]])} …", statistics.median(times), "s", 1.0)
