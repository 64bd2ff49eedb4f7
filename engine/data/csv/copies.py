"""Files of a folder that hold the same, as "north.csv" and "north (1).csv" would from one download twice.

Each would be a hospital, and every patient would be at both. Only files of one size are looked into.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engine.data.source import shown
from engine.errors import DataError
from engine.steps import Steps

_PIECE = 1 << 20  # bytes summed in one step


def copies(files: Sequence[Path]) -> Steps[tuple[str, ...]]:
    """A sentence where one of the files holds what an earlier one does.

    Raises:
        DataError: A file cannot be read any more.
    """
    sizes = {file: _size(file) for file in files}
    often = Counter(sizes.values())
    seen: dict[str, Path] = {}
    twice = []
    for file in files:
        if often[sizes[file]] > 1:
            earlier = seen.setdefault((yield from _sum(file)), file)
            if earlier is not file:
                twice.append((earlier.name, file.name))
    if not twice:
        return ()
    one, other = map(shown, twice[0])
    more = f", and so on for {len(twice) - 1:,} more" if len(twice) > 1 else ""
    return (
        f"{one} and {other} hold the same patients{more}; if they are no two hospitals, take one of "
        "them out of the folder.",
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise _gone(file, error) from None


def _sum(file: Path) -> Steps[str]:
    """The sum of what a file holds."""
    digest = hashlib.blake2b()
    try:
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                yield "comparing files", 0, 1
    except OSError as error:
        raise _gone(file, error) from None
    return digest.hexdigest()


def _gone(file: Path, error: OSError) -> DataError:
    return DataError(
        f"{file.name}: the file cannot be read any more ({error.strerror}); load the folder again."
    )
