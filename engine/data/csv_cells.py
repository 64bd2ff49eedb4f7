"""Numbers of a table: what counts as one, what counts as missing, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats
from engine.data.source import shown
from engine.errors import DataError

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "."})  # in small letters


def read_number(where: str, name: str, cell: str) -> float:
    """The number in a cell; nan where it is missing.

    Raises:
        DataError: It is text, or a number written otherwise.
    """
    text = cell.strip()
    if text.casefold() in MISSING:
        return np.nan
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass  # the sentence below says what it is
    comma = "," in text and text.replace(",", "").replace(".", "").lstrip("+-").isdigit()
    way_out = (
        "write numbers with a decimal point and without commas"
        if comma
        else "text columns are not built yet; leave it out with data.drop"
    )
    raise DataError(f"{where}, column {shown(name)}: {shown(text)} is not a number; {way_out}.")


def refuse_infinite(file: str, x: Floats, features: Sequence[str], lines: Sequence[int]) -> None:
    """Refuse infinite numbers in x (rows, features); `lines` says where each row stands."""
    at = np.argwhere(np.isinf(x))
    if not len(at):
        return
    column = at[0, 1]
    found = [str(lines[row]) for row, col in at if col == column]
    more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
    word = "line" if len(found) == 1 else "lines"
    raise DataError(
        f"{file}, {word} {', '.join(found[:3])}{more}, column {shown(features[column])}: "
        "the number is infinite; write a finite one, or leave the cell empty."
    )
