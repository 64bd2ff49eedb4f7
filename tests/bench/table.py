"""What it costs to load a table of 1,000,000 patients and 15 columns: time, pauses, memory.

Each table is written to a temporary file and loaded in a process of its own, from the file to the
federation: read, split, scaled. Memory is the highest of the whole process less what it held before,
beside the size of the numbers themselves (rows × columns × 8 bytes). Times are CPU time, since other work
on the machine would lengthen them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.figure import Figure, ratio, skipped
from tests.bench.process import HAS_PROC, NO_PROC
from tests.terminal import environment

ROWS, COLUMNS, PART = 1_000_000, 15, 20_000
LONGEST = 50.0  # ms, of an event
MEMORY = 3.0  # times the table
_TEXTS = np.array(["", "Emergency", "Floor", "Operating Room", "Other"])

CHILD = """
import json, sys, time
from engine import simulate
from engine.data import loading
from engine.sections import Data

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

before, steps, longest = peak(), 0, 0.0
work = loading(Data.build({"source": sys.argv[1]}), 1)
start = last = time.thread_time()
while True:
    try:
        next(work)
    except StopIteration as end:
        federation = end.value
        break
    now = time.thread_time()
    steps, longest, last = steps + 1, max(longest, now - last), now
size = federation.train.x.nbytes + federation.test.x.nbytes
seconds = time.thread_time() - start
print(json.dumps([seconds, steps / seconds, longest * 1e3, (peak() - before) / size]))
"""
BARE = """
import csv, json, sys, time
start = time.thread_time()
with open(sys.argv[1], newline="", encoding="utf-8") as lines:
    rows = sum(1 for _ in csv.reader(lines))
print(json.dumps([time.thread_time() - start]))
"""


def measure() -> list[Figure]:
    """A table of numbers, one with gaps and texts, and one with quotes around every cell."""
    if not HAS_PROC:
        return [skipped("1,000,000 patients", NO_PROC)]
    kinds = {"numbers": _numbers, "gaps and texts": _mixed, "quotes": _quoted}
    with tempfile.TemporaryDirectory() as folder:
        return [
            figure
            for name, rows in kinds.items()
            for figure in _figures(name, _written(Path(folder, "table.csv"), rows))
        ]


def _figures(name: str, path: Path) -> Iterator[Figure]:
    seconds, steps, longest, memory = _in_child(CHILD, path)
    loaded = Figure(f"{name}: load", seconds, "s", note=f"{ROWS / seconds:,.0f} patients/s")
    bare = Figure(f"{name}: csv.reader alone, cells not read", _in_child(BARE, path)[0], "s")
    yield from (loaded, bare, ratio(f"{name}: load ÷ csv.reader", loaded, bare))
    yield Figure(f"{name}: steps told", steps, "/s")
    yield Figure(f"{name}: longest step", longest, "ms", LONGEST)
    yield Figure(f"{name}: memory ÷ table", memory, "×", MEMORY)


def _in_child(code: str, path: Path) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    figures: list[float] = json.loads(done.stdout)
    return figures


def _written(path: Path, rows: Callable[[np.random.Generator], list[Any]]) -> Path:
    """A table of ROWS patients at 20 hospitals."""
    draw = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["hospital", *(f"c{i}" for i in range(COLUMNS)), "label"]) + "\n")
        for _ in range(0, ROWS, PART):
            hospital = [f"H{i}" for i in draw.integers(0, 20, PART)]
            columns = rows(draw)
            label = draw.integers(0, 2, PART).astype(str).tolist()
            file.writelines(map(_line, zip(hospital, *columns, label, strict=True)))
    return path


def _line(cells: tuple[str, ...]) -> str:
    return ",".join(cells) + "\n"


def _numbers(draw: np.random.Generator) -> list[Any]:
    measured = [draw.normal(100, 20, PART).round(3).astype(str) for _ in range(10)]
    counted = [draw.integers(0, 5, PART).astype(str) for _ in range(5)]
    return [column.tolist() for column in (*measured, *counted)]


def _mixed(draw: np.random.Generator) -> list[Any]:
    columns = _numbers(draw)
    for column in columns[:5]:
        for i in np.flatnonzero(draw.random(PART) < 0.1).tolist():
            column[i] = ""
    texts = [_TEXTS[draw.integers(0, len(_TEXTS), PART)].tolist() for _ in range(3)]
    return columns[: COLUMNS - len(texts)] + texts


def _quoted(draw: np.random.Generator) -> list[Any]:
    return [[f'"{cell}"' for cell in column] for column in _numbers(draw)]
