"""What each codec saves and what it costs: bytes at three sizes, accuracy, milliseconds, as Markdown.

Bytes are of a whole message, header included, and are counted by encoding one. Accuracy is a mean over
seeds, a seed being patients drawn anew (synthetic, 1,000 columns, 4 hospitals of 400 to train on and 100
held out) and a run of 30 rounds × 2 epochs at rate .02; what is lost is compared seed by seed with
float32. Milliseconds are those of writing and reading 10 updates of 100,000 numbers and 1,000 of 11.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine import Scenario, simulate
from engine.broadcast import broadcast
from engine.codecs.base import Codec
from engine.codecs.section import codec_of
from engine.events import RoundFinished, RunStarted
from engine.stages.base import Moment
from engine.stages.pruning import Pruning
from engine.state import State
from engine.wire import HEADER_SIZE
from tests.bench.figure import Figure
from tests.bench.figure import table as plain_table

SEEDS = range(5)
SIZES = (11, 1_000, 100_000)
SHAPES = ((10, 100_000), (1_000, 11))
LIMIT = 50.0  # ms, of an event
BASE = {
    "data": {"source": "synthetic", "features": 1_000, "hospitals": 4, "patients": 500},
    "training": {"rounds": 30, "local_epochs": 2, "learning_rate": 0.02},
}
ROWS: Mapping[str, Mapping[str, Any]] = {
    "float32": {},
    "float16": {"codec": "float16"},
    "quantize, 8 bits": {"codec": "quantize", "bits": 8},
    "quantize, 4 bits": {"codec": "quantize", "bits": 4},
    "quantize, 2 bits": {"codec": "quantize", "bits": 2},
    "qsgd, 8 bits": {"codec": "qsgd", "bits": 8},
    "qsgd, 4 bits": {"codec": "qsgd", "bits": 4},
    "topk, 10 %": {"codec": "topk", "fraction": 0.1},
    "topk, 10 %, no feedback": {"codec": "topk", "fraction": 0.1, "error_feedback": False},
    "topk, 1 %": {"codec": "topk", "fraction": 0.01},
    "randk, 10 %": {"codec": "randk", "fraction": 0.1},
    "randk, 10 %, feedback": {"codec": "randk", "fraction": 0.1, "error_feedback": True},
    "sign": {"codec": "sign"},
    "sign, no feedback": {"codec": "sign", "error_feedback": False},
    "float16, 50 % pruned": {"codec": "float16", "prune": 0.5},
    "float16, 90 % pruned": {"codec": "float16", "prune": 0.9},
}


@dataclass(frozen=True)
class Row(Figure):
    """One codec: `value` is its accuracy, in percent; `lost` against float32, in points."""

    sizes: tuple[int, ...] = ()  # bytes of an update's message at each of SIZES
    models: tuple[int, ...] = ()  # of a model's
    lost: float = 0.0
    spread: float = 0.0


def measure() -> list[Figure]:
    """A row for each codec, and how long the slowest of them take."""
    return [*map(_row, ROWS), *_times()]


def _row(name: str) -> Row:
    codec = codec_of(_scenario(0, name))
    whole, reached = _accuracies("float32"), _accuracies(name)
    lost = [a - b for a, b in zip(whole, reached, strict=True)]
    return Row(
        name,
        statistics.mean(reached),
        "%",
        sizes=tuple(HEADER_SIZE + _encoded(codec, 1, d)[0].shape[1] for d in SIZES),
        models=tuple(_model(ROWS[name].get("prune", 0.0), d) for d in SIZES),
        lost=statistics.mean(lost),
        spread=statistics.stdev(lost),
    )


def _scenario(seed: int, name: str) -> Scenario:
    settings = {f"compression.{key}": value for key, value in ROWS[name].items()}
    return Scenario.from_dict({**BASE, "seed": seed}).replace(settings)


@cache
def _start(seed: int) -> State:
    """The patients of a seed, made once for all codecs."""
    started = (e for e in simulate(_scenario(seed, "float32")) if isinstance(e, RunStarted))
    return next(started).state


@cache
def _accuracies(name: str) -> list[float]:
    reached = []
    for seed in SEEDS:
        happened = simulate(_scenario(seed, name), _start(seed))
        *_, last = (e for e in happened if isinstance(e, RoundFinished))
        reached.append(100 * last.score.accuracy)
    return reached


def _encoded(codec: Codec, k: int, d: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Bodies of k random updates, and the draws that wrote them."""
    draw = np.random.default_rng(0)
    uniform = draw.random((k, d)) if codec.random_numbers else None
    return codec.encode(draw.normal(size=(k, d)), uniform), uniform


def _model(prune: float, d: int) -> int:
    params = np.random.default_rng(0).normal(size=d)
    at = Moment(0, 1, np.zeros(1, int), np.ones(1, int), 1, params)
    sent = Pruning(prune).on_broadcast({"params": params}, at, {}).value if prune else None
    return len(broadcast(sent or {"params": params}, 1)[1])


def _times() -> list[Figure]:
    """The slowest codec at each shape, writing and reading."""
    codecs = {name: codec_of(_scenario(0, name)) for name in ROWS}
    figures = []
    for k, d in SHAPES:
        taken = {name: _time(codec, k, d) for name, codec in codecs.items()}
        for way, what in enumerate(("writing", "reading")):
            slowest = max(taken, key=lambda name, way=way: taken[name][way])
            name = f"{what} {k:,} × {d:,} numbers, the slowest"
            figures.append(Figure(name, taken[slowest][way], "ms", LIMIT, slowest))
    return figures


def _time(codec: Codec, k: int, d: int, times: int = 5) -> tuple[float, float]:
    draw = np.random.default_rng(0)
    update = draw.normal(size=(k, d))
    uniform = draw.random((k, d)) if codec.random_numbers else None
    writing, reading = [], []
    for _ in range(times):
        began = time.perf_counter()
        bodies = codec.encode(update, uniform)
        written = time.perf_counter()
        codec.decode(bodies, d, uniform)
        reading.append(1e3 * (time.perf_counter() - written))
        writing.append(1e3 * (written - began))
    return min(writing), min(reading)


def table(figures: Iterable[Figure]) -> str:
    """Markdown: a row for each codec; then the times."""
    figures = list(figures)
    rows = [figure for figure in figures if isinstance(figure, Row)]
    whole = rows[0].sizes[-1]
    heads = ["codec", *(f"bytes at d = {d:,}" for d in SIZES), "× smaller", "accuracy", "lost"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for row in rows:
        down = [f" (model {m:,})" if "pruned" in row.name else "" for m in row.models]
        sizes = [f"{size:,}{model}" for size, model in zip(row.sizes, down, strict=True)]
        lost = f"{row.lost:+.1f} ± {row.spread:.1f}".replace("-", "−") if row is not rows[0] else ""
        lines.append([
            row.name, *sizes, f"{whole / row.sizes[-1]:.1f}", f"{row.value:.1f} %", lost
        ])  # fmt: skip
    times = plain_table(figure for figure in figures if not isinstance(figure, Row))
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", times])
