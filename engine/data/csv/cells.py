"""One cell of a table: missing, a number, a number written otherwise, or text.

What a cell is alone is not yet what it means: 2,3 is a decimal comma in a column of such numbers and
a mistake in any other. `engine.data.csv.column` decides that for a column as a whole.
"""

from __future__ import annotations

import re
from enum import IntEnum

import numpy as np

NAN = ("nan", "+nan", "-nan")  # what Python reads as a number that is none
ERRORS = ("#n/a", "#nv", "<na>")  # what a spreadsheet, in German too, and pandas write for it
MISSING = frozenset({"", "?", "na", "n/a", "null", ".", *NAN, *ERRORS})  # in small letters
BLANKS = MISSING | {text.upper() for text in MISSING} | {"NaN", "Null", " "}  # met most often

_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_DIVIDED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_OTHERWISE = re.compile(
    r"[+−-]?(?=.*\d)[\d.]*,[\d.,]*"  # more than one comma, or comma and point
    r"|[+−-]?\d{1,3}([ '’\u00a0\u202f]\d{3})+([.,]\d+)?"  # 1 233, 1'233.5
    r"|[+−-]?[\d.,]*\d[.,]?\s*[%‰]"  # 12 %
    r"|−[\d.,]*\d"  # a minus sign that is no hyphen
)


class Cell(IntEnum):
    """What a cell is."""

    MISSING = 0
    WHOLE = 1  # a number without a point
    POINT = 2  # any other number that Python reads
    COMMA = 3  # 2,3
    GROUPED = 4  # 1,233: thousands, or three decimals
    OTHERWISE = 5  # another way to write a number: 12 %, 1 233, 1.233,5
    TEXT = 6
    DIVIDED = 7  # 1.233: three decimals, or thousands


NUMBERS = (Cell.WHOLE, Cell.POINT, Cell.DIVIDED)  # what Python reads
COUNTED = (*NUMBERS, Cell.COMMA, Cell.GROUPED)  # what is a number in some column


def is_missing(cell: str) -> bool:
    """Whether the cell says that there is no value."""
    return cell in BLANKS or cell.strip().casefold() in MISSING


def cell_of(text: str) -> Cell:
    """What `text` (without blanks around it) is."""
    if text.casefold() in MISSING:
        return Cell.MISSING
    try:
        float(text)
        if "_" in text:  # which Python takes for a separator of digits
            return Cell.OTHERWISE
        if text.lstrip("+-").isdigit():
            return Cell.WHOLE
        return Cell.DIVIDED if _DIVIDED.fullmatch(text) else Cell.POINT
    except ValueError:
        pass  # then it is one of the others
    if _GROUPED.fullmatch(text):
        return Cell.GROUPED if text.count(",") == 1 else Cell.OTHERWISE
    if _COMMA.fullmatch(text):
        return Cell.COMMA
    return Cell.OTHERWISE if _OTHERWISE.fullmatch(text) else Cell.TEXT


def number(text: str, cell: Cell) -> float:
    """The number that `text` is, a comma read as a decimal comma; nan where it is none."""
    if cell in NUMBERS:
        return float(text)
    if cell in (Cell.COMMA, Cell.GROUPED):
        return float(text.replace(",", "."))
    return np.nan
