"""How long a round takes: 3 and 300 hospitals, equal and ragged, beside bare NumPy and plain C."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from engine.arrays import Floats
from engine.sections import Training
from tests.bench import bare
from tests.bench.figure import Figure, ratio
from tests.bench.limit import plain_c
from tests.bench.rounds import Rounds, scenario, timed

SIZES = [3, 300]
RAGGED = 'partition = "dirichlet"\nalpha = 1.0'
PRIVATE = '[privacy]\nunit = "patient"'
REPEATS = 20


def measure() -> list[Figure]:
    """Milliseconds of a whole round and of its training, with what they are compared to."""
    floor = plain_c(SIZES)
    return [figure for hospitals in SIZES for figure in _group(hospitals, floor[hospitals])]


def _group(hospitals: int, floor: Figure) -> list[Figure]:
    name, many = f"{hospitals} hospitals", hospitals > 3
    rounds = 20 if many else 100
    equal = timed(scenario(hospitals, rounds=rounds))
    whole, training = equal.milliseconds
    ragged, _ = timed(scenario(hospitals, rounds=rounds, data=RAGGED)).milliseconds
    private, _ = timed(scenario(hospitals, rounds=rounds, sections=PRIVATE)).milliseconds
    by_rows, by_columns = both_bare(name, equal)
    a_round = Figure(f"{name}: a round", whole, "ms", None if many else 2.0)
    a_ragged = Figure(f"{name}, ragged: a round", ragged, "ms")
    a_private = Figure(f"{name}, patients hidden: a round", private, "ms")
    return [
        a_round,
        Figure(f"{name}: its training", training, "ms"),
        a_ragged,
        a_private,
        by_rows,
        by_columns,
        floor,
        ratio(f"{name}: a round ÷ plain C", a_round, floor, 2.0 if many else None),
        ratio(f"{name}: a ragged round ÷ plain C", a_ragged, floor, 4.0 if many else None),
        ratio(f"{name}: patients hidden ÷ a round", a_private, a_round),
        ratio(f"{name}: a round ÷ NumPy, axis first", a_round, by_rows),
        ratio(f"{name}: a round ÷ NumPy, axis last", a_round, by_columns),
    ]


def both_bare(name: str, rounds: Rounds, repeats: int = REPEATS) -> tuple[Figure, Figure]:
    """Bare NumPy on the same patients with the same minibatches: hospital axis first, and last."""
    of = bare.work(rounds.federation.train, Training(), seed=0, round=1)
    anchor, turned = np.zeros(of.x.shape[2]), of.last
    first = _milliseconds(lambda: bare.hospital_axis_first(of, of.x, of.y, anchor), repeats)
    last = _milliseconds(lambda: bare.hospital_axis_last(of, *turned, anchor), repeats)
    return (
        Figure(f"{name}: bare NumPy, hospital axis first", first, "ms"),
        Figure(f"{name}: bare NumPy, hospital axis last", last, "ms"),
    )


def _milliseconds(train: Callable[[], Floats], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        train()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)
