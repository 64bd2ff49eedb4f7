"""What a run hangs on, as a short text: two runs with one key have the same numbers.

That is the scenario but for its texts, the table it reads, and the program itself: the engine's own
files are counted in, for they are there to be read and changed, and so is NumPy's version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from engine import Scenario
from engine.settings import TEXTS


def key(scenario: Scenario) -> str:
    """Names a run."""
    told = {k: v for k, v in scenario.as_dict().items() if k not in TEXTS}
    return _digest({"scenario": told, "table": table(scenario), "program": program()})


def basis(scenario: Scenario) -> str:
    """Names what runs with the same data, model and seed share."""
    return _digest({"basis": repr(scenario.basis), "table": table(scenario)})


def subject(scenario: Scenario) -> str:
    """Names what is compared, whatever varies: the scenario's name and, of own data, the table as it is.

    A seed is drawn for a subject. Were a table that changed by one patient run again under the same
    seed, the two would differ by that patient and by no noise.
    """
    own = str(Path(scenario.data.source).expanduser().absolute()) if scenario.on_own_data else ""
    return _digest({"own": own, "table": table(scenario), "name": scenario.name})


def table(scenario: Scenario) -> list[tuple[str, int, int]]:
    """Name, size and time of change of each file the patients are read from; of built-in data none."""
    if not scenario.on_own_data:
        return []
    return list(_stamps(str(Path(scenario.data.source).expanduser())))


@cache  # asked for every run, and a comparison takes the table as it found it
def _stamps(source: str) -> tuple[tuple[str, int, int], ...]:
    path = Path(source)
    every = sorted(path.rglob("*")) if path.is_dir() else [path]
    try:
        found = [(each, each.stat()) for each in every if each.is_file()]
    except OSError:  # it went away, or may not be looked at: the run itself will say so
        return ()
    return tuple((each.name, stat.st_size, stat.st_mtime_ns) for each, stat in found)


@cache
def program() -> str:
    """The engine's files, and the version of what it computes with."""
    total = blake2b(np.__version__.encode(), digest_size=16)
    for path in sorted(Path(str(files("engine"))).rglob("*.py")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def _digest(told: Mapping[str, Any]) -> str:
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
