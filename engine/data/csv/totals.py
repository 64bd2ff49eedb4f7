"""Rows of totals: the last line of a table that somebody has added up, and that is no patient.

Such a row would make a hospital called "Total" with one patient whose label is 400. It is told by its
label, for other columns of it may be empty or hold sums, and so may a patient's.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats
from engine.data.csv.cells import COUNTED, cell_of
from engine.data.csv.column import Read
from engine.data.csv.places import Places
from engine.data.source import shown
from engine.errors import DataError


def refuse_totals(column: str, read: Read, places: Places) -> None:
    """Refuse a file whose last label is a number that no other row has, and that sums up the others.

    Among texts any number does; among whole numbers one with a fraction, as a mean has, or a larger one
    that is how many rows there are above it, or the sum of their labels.

    Raises:
        DataError: Saying which line it is.
    """
    begin = 0
    for end in places.ends():
        values, begin = read.values[begin : end + 1], end + 1
        text = _sums_up_texts(read, values) if read.categories else _sums_up(read, values)
        if text:
            raise DataError(
                f"{places.where(end)}: the label (column {shown(column)}) is {shown(text)}, and no "
                "other row has it, so this looks like a row of totals; take the line out."
            )


def _sums_up_texts(read: Read, values: Floats) -> str:
    """The last label, where it is a number and two of all the labels are texts."""
    last = read.categories[int(values[-1])]
    texts = [text for text in read.categories if cell_of(text) not in COUNTED]
    is_sum = last not in texts and len(texts) > 1 and _is_alone(values[-1], read)
    return last if is_sum else ""


def _sums_up(read: Read, values: Floats) -> str:
    """The last label, where it sums up those before."""
    above, last = values[:-1], float(values[-1])
    if not np.isfinite(values).all() or len(above) < 2 or above.min() == above.max():
        return ""
    mean = not last.is_integer() and bool(np.all(above == np.floor(above)))
    total = last > above.max() and last in (len(above), above.sum())
    return f"{last:.6g}" if (mean or total) and _is_alone(last, read) else ""


def _is_alone(value: float, read: Read) -> bool:
    return bool(np.count_nonzero(read.values == value) == 1)
