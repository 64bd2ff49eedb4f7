"""The files that patients are read from, and what is in them.

Those that the engine reads and no others: of a folder the CSVs, of a database's folder the tables that
are used, of a set of the catalogue its files. So the kept runs may lie in the same folder, and the
events of MIMIC-III that nobody asks for count neither as contents nor as memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from engine import Scenario
from engine.data import catalogue, memory
from engine.data.catalogue import place
from engine.sections import BUILT_IN

_CELL = 8  # bytes of a number


def files(source: str) -> list[Path]:
    """The files of `data.source`, of built-in patients none."""
    if source in BUILT_IN:
        return []
    if source in catalogue.ENTRIES:
        entry = catalogue.ENTRIES[source]
        return _there(place.folder(entry) / file.name for file in entry.files)
    path = Path(source).expanduser()
    if not path.is_dir():
        return _there([path])
    if catalogue.recognise(path):
        return _there(catalogue.files(path))
    return _there(each for each in sorted(path.iterdir()) if _is_csv(each))


def _is_csv(path: Path) -> bool:
    return path.suffix.casefold() == ".csv" and not path.name.startswith(".")


def _there(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.is_file()]


@cache  # asked for every run, and a comparison takes the patients as it found them
def contents(source: str) -> tuple[tuple[str, str], ...]:
    """Name and sum of each file of `data.source`.

    A time of change would not do: copied and unpacked files bring theirs along.
    """
    try:
        return tuple((path.name, _sum(path)) for path in files(source))
    except OSError:  # it went away, or may not be looked at: the run itself will say so
        return ()


def size(source: str) -> int:
    """Bytes of its files."""
    try:
        return sum(path.stat().st_size for path in files(source))
    except OSError:
        return 0


def needed(scenario: Scenario) -> int:
    """Bytes that its patients take while they are prepared; a cell of a file is about a number."""
    data = scenario.data
    if data.source == "synthetic":
        return data.hospitals * data.patients * (data.features + 1) * _CELL * memory.COPIES
    return size(data.source) * memory.COPIES


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
