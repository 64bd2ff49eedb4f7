"""Which sign separates the cells of a table, told by its header."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from engine.data.csv.text import Text
from engine.errors import DataError
from engine.sections import Data

SEPARATORS = (",", ";", "|", "\t")
_AUTO = ("", "auto")
_LOOKED = 4  # lines at the beginning of a file
_MANY = 3  # cells that a header has which stands below a title
_SPREADSHEET = "sep="  # how a spreadsheet tells its separator, in a line above the header


def separator(text: Text, data: Data) -> str:
    """The separator that `data` names, else the one that the header is written with.

    Of the four, it is the one that cuts out the names of label and hospital; where that tells
    nothing, the one that cuts out most names. Separators in quotes cut nothing.

    Raises:
        DataError: `data` names what cannot separate cells.
    """
    while text.waiting() and not text.waiting().partition("\n")[0].strip():
        next(text)  # an empty line above the header
    told = _told(text)
    if data.separator not in _AUTO:
        told = named(data.separator)
    line = text.waiting().partition("\n")[0]
    wanted = {data.label_col, data.hospital_col}
    _refuse_title(text, (told,) if told else SEPARATORS, wanted)
    if told:
        return told

    def fit(sign: str) -> tuple[int, int]:
        names = _names(line, sign)
        return len(wanted.intersection(names)) if len(names) > 1 else 0, len(names)

    return max(SEPARATORS, key=fit)


def named(text: str) -> str:
    """The separator that a setting names.

    Raises:
        DataError: It cannot separate cells; a letter, say, would make a table of any file.
    """
    sign = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if sign not in SEPARATORS:
        raise DataError(
            f"data.separator: {text!r} cannot separate cells; "
            "choose auto, or , or ; or | or the word tab."
        )
    return sign


def _told(text: Text) -> str:
    """The separator that the line above the header tells; such a line is passed by."""
    line = text.waiting().partition("\n")[0]
    sign = line[len(_SPREADSHEET) :]
    if not line.casefold().startswith(_SPREADSHEET) or sign not in SEPARATORS:
        return ""
    next(text)
    return sign


def _refuse_title(text: Text, signs: Sequence[str], wanted: set[str]) -> None:
    """Refuse a line above the header that is one cell, as programs put there what the table is.

    A line that any sign cuts into several cells, as many as there are in the line below, is a header,
    and so is one with many of them; commas below may be in numbers.
    """
    first, *others = text.waiting().split("\n", _LOOKED)
    below = next((row for row in others[:-1] if row.strip("".join(SEPARATORS) + " \r")), "")
    cut = [(_names(first, sign), _names(below, sign)) for sign in signs]
    for names, under in cut:
        if not wanted.isdisjoint(names) or _filled(names) >= _MANY:
            return
        if _filled(names) > 1 and len(names) == len(under):
            return
    if any(_filled(names) == 1 and _filled(under) >= _MANY for names, under in cut):
        raise DataError(
            f"{text.file}, line {text.line}: this looks like a title above the header; take it out."
        )


def _filled(cells: Sequence[str]) -> int:
    return sum(map(bool, cells))


def _names(line: str, sign: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=sign))]
    except (csv.Error, StopIteration):
        return []
