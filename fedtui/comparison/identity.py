"""What a run hangs on, as a short text: two runs with one key have the same numbers.

That is the scenario but for its texts, the table it reads, and the program itself: the engine's own
files are counted in, for they are there to be read and changed, and so is NumPy's version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from engine import Scenario
from engine.settings import TEXTS
from fedtui.comparison import tables


def key(scenario: Scenario) -> str:
    """Names a run."""
    told = {k: v for k, v in scenario.as_dict().items() if k not in TEXTS}
    return _digest({"scenario": told, "table": table(scenario), "program": program()})


def basis(scenario: Scenario) -> str:
    """Names what is prepared for a run: runs that share it have the same patients and references."""
    return _digest({"basis": repr(scenario.references), "table": table(scenario)})


def subject(scenario: Scenario) -> str:
    """Names what is compared, whatever varies: the scenario's name and the patients' files as they are."""
    return _digest({"own": _own(scenario), "table": table(scenario), "name": scenario.name})


def noised(scenarios: Iterable[Scenario]) -> str:
    """Names the patients that are learned from under one noise: a seed is drawn for them.

    Were patients that changed by one, in the table or by a setting of `[data]`, run again under the
    same seed, the two would differ by that patient and by no noise.
    """
    every = {(subject(each), repr(each.data)) for each in scenarios}
    return _digest({"patients": sorted(every)})


def _own(scenario: Scenario) -> str:
    return str(Path(scenario.data.source).expanduser().absolute()) if scenario.on_own_data else ""


def table(scenario: Scenario) -> list[tuple[str, str]]:
    """Name and sum of each file the patients are read from; of built-in data none."""
    return list(tables.contents(scenario.data.source))


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
