"""How long a round takes: 3 and 300 hospitals, equal and ragged, beside bare NumPy and plain C."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Scenario, simulate
from engine.events import EpochTrained, ModelSent, RoundFinished, RoundStarted
from tests.bench import bare
from tests.bench.figure import Figure, ratio
from tests.bench.limit import plain_c

SIZES = [3, 300]
ROUNDS = 20  # the first is left out: it lays the patients out for training
SCENARIO = """
name = "bench"
[data]
source = "synthetic"
hospitals = {hospitals}
patients = 250    # 200 of them for training
{partition}
[training]
rounds = {rounds}
"""
RAGGED = 'partition = "dirichlet"\nalpha = 1.0'


def measure() -> list[Figure]:
    """Milliseconds of a whole round and of its training, with what they are compared to."""
    floor = plain_c(SIZES)
    return [figure for hospitals in SIZES for figure in _group(hospitals, floor[hospitals])]


def _group(hospitals: int, floor: Figure) -> list[Figure]:
    name = f"{hospitals} hospitals"
    whole, training = _engine(name, hospitals, "")
    ragged, _ = _engine(f"{name}, ragged", hospitals, RAGGED)
    x, y = bare.tables(hospitals)
    last = np.ascontiguousarray(np.moveaxis(x, 0, 2)), np.ascontiguousarray(y.T)
    by_rows = _timed(f"{name}: bare NumPy, hospital axis first", bare.hospital_axis_first, x, y)
    by_columns = _timed(f"{name}: bare NumPy, hospital axis last", bare.hospital_axis_last, *last)
    many = hospitals > 3
    if not many:
        whole = Figure(whole.name, whole.value, whole.unit, 2.0)
    return [
        whole,
        training,
        ragged,
        by_rows,
        by_columns,
        floor,
        ratio(f"{name}: a round ÷ plain C", whole, floor, 2.0 if many else None),
        ratio(f"{name}: a ragged round ÷ plain C", ragged, floor, 4.0 if many else None),
        ratio(f"{name}: a round ÷ NumPy, axis first", whole, by_rows),
        ratio(f"{name}: a round ÷ NumPy, axis last", whole, by_columns),
    ]


def _engine(name: str, hospitals: int, partition: str) -> tuple[Figure, Figure]:
    text = SCENARIO.format(hospitals=hospitals, partition=partition, rounds=ROUNDS)
    whole, training, begun, sent, trained = [], [], 0.0, 0.0, 0.0
    for event in simulate(Scenario.from_toml(text)):
        now = time.perf_counter()
        if isinstance(event, RoundStarted):
            begun = now
        elif isinstance(event, ModelSent):
            sent = now
        elif isinstance(event, EpochTrained):
            trained = now
        elif isinstance(event, RoundFinished):
            whole.append(now - begun)
            training.append(trained - sent)
    return (
        Figure(f"{name}: a round", 1e3 * statistics.median(whole[1:]), "ms"),
        Figure(f"{name}: its training", 1e3 * statistics.median(training[1:]), "ms"),
    )


def _timed(name: str, train: Callable[..., Any], *tables: Any) -> Figure:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        train(*tables)
        times.append(time.perf_counter() - start)
    return Figure(name, 1e3 * statistics.median(times[1:]), "ms")
