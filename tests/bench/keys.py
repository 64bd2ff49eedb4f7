"""How soon a key is seen to work: from the key to the text it brings, while a large scenario trains."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.lab import lab
from tests.terminal import Pty

BUDGET = 100.0  # ms, 95 of 100
# a key and the text that it alone brings; each pair leads back to where it began
EFFECTS = (
    ("?", r"only you can see|The lab"),
    ("?", "SERVER"),
    ("w", "Who can read what"),
    ("w", "SERVER"),
    ("v", "Bytes in each round"),
    ("v", "privacy|Privacy"),
    ("v", "Right answers"),
)
_PAUSE = 0.13  # seconds between two keys, not a multiple of a frame


def measure() -> list[Figure]:
    """A thousand hospitals, and a hundred under masks, at 16 ×."""
    return [
        *_waits("1,000 hospitals", "hospitals = 1000"),
        *_waits("100 under masks", "hospitals = 100", "[masking]"),
    ]


def _waits(name: str, *settings: str) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "large.toml"
        scenario.write_text(_toml(*settings), encoding="utf-8")
        with lab("--scenario", str(scenario)) as pty:
            pty.wait_for("patients", 60)
            pty.send("++++ ")
            pty.wait_for("round 3|PROTECT|TEST", 60)
            waits = [ms for _ in range(8) for ms in pressed(pty)]
    return figures(name, waits)


def _toml(hospitals: str, *sections: str) -> str:
    data = '[data]\nsource = "synthetic"\npatients = 60\nfeatures = 20\n' + hospitals
    return f'name = "large"\n{data}\n[training]\nrounds = 2000\n' + "\n".join(sections) + "\n"


def pressed(pty: Pty) -> list[float]:
    """The wait for each of the keys once, ms."""
    waits = []
    for key, brings in EFFECTS:
        pty.read(_PAUSE)
        start, sent = len(pty.output), time.perf_counter()
        pty.send(key)
        pty.wait_for(brings, 20, start=start)
        waits.append(1000 * (time.perf_counter() - sent))
    return waits


def figures(name: str, waits: list[float]) -> list[Figure]:
    """The median and the wait that 95 of 100 keys keep within."""
    late = statistics.quantiles(waits, n=20)[-1]
    return [
        Figure(f"{name}: key to effect", statistics.median(waits), "ms"),
        Figure(f"{name}: 95 of 100 keys", late, "ms", BUDGET),
    ]
