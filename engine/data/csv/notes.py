"""What is said of a table that was read: what was decided, left out, or passed by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from engine.data.csv.alike import plain
from engine.data.csv.column import Read
from engine.data.csv.header import SPLIT, Columns
from engine.data.csv.places import Places
from engine.data.csv.rows import Left
from engine.data.csv.signs import First
from engine.data.source import listed, shown
from engine.errors import DataError
from engine.sections import Data

_CODE = re.compile(r"0\d+|\d+[eE]\d+", re.ASCII)


def of_files(files: Sequence[str], found: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Files in another encoding; `found` has the encoding and the separator of each."""
    odd = [file for file, (encoding, _) in zip(files, found, strict=True) if encoding != "UTF-8"]
    if odd:
        yield f"{listed(odd, 3)}: not in UTF-8, so it is read as Latin-1."


def of_header(columns: Columns, data: Data) -> Iterator[str]:
    """Columns that are no features, for another reason than that they are hospital or label."""
    if columns.hospital is None and data.hospital_col in columns.names:
        who = "the files' names say" if data.partition == "natural" else "data.partition says"
        yield f"Column {shown(data.hospital_col)} is not used; {who} who belongs to which hospital."
    if columns.split is not None:
        yield f"Column {shown(SPLIT)} says who is held out, and data.test_fraction does not."


def of_rows(left: Left, repeated: int, skipped: Sequence[str]) -> Iterator[str]:
    """Rows that were left out, hospitals that are `skipped` for it, and rows that repeat others."""
    if left.empty:
        yield f"{'1 empty row is' if left.empty == 1 else f'{left.empty:,} empty rows are'} left out."
    if left.unlabelled == 1:
        yield f"1 row has no label, so it is left out ({left.first_unlabelled})."
    elif left.unlabelled:
        yield (
            f"{left.unlabelled:,} rows have no label, so they are left out (the first is "
            f"{left.first_unlabelled})."
        )
    if skipped:
        it_is = "it is" if len(skipped) == 1 else "they are"
        yield f"Nobody at {listed(skipped, 6)} has a label, so {it_is} left out."
    if repeated:
        rows = "1 row equals an earlier one"
        if repeated > 1:
            rows = f"{repeated:,} rows equal earlier ones"
        yield (
            f"{rows} in every column; a patient who is there twice may be both trained on and "
            "tested on."
        )


def refuse_divided(read: Mapping[str, Read], places: Places) -> None:
    """Refuse 1.233 in a file that has decimal commas elsewhere: it is 1233, or a third way to write.

    Raises:
        DataError: Saying where both are.
    """
    commas = {
        places.of(comma.row)[0]: (name, comma)
        for name, column in list(read.items())[::-1]
        for comma in column.commas
    }
    for name, column in read.items():
        for first in column.divided:
            if found := commas.get(places.of(first.row)[0]):
                other, comma = found
                raise DataError(
                    f"{places.where(first.row)}, column {shown(name)}: {shown(first.text)} may have "
                    f"a point between thousands, as column {shown(other)} has decimal commas "
                    f"({shown(comma.text)}); write numbers with a decimal point and nothing between "
                    "thousands."
                )


def of_columns(read: Mapping[str, Read], places: Places) -> Iterator[str]:
    """Columns with decimal commas, or texts that may be a mistake."""
    for name, column in read.items():
        if name.casefold() == SPLIT:
            yield (
                f"Column {shown(name)} is a column to learn from; if it says who is held out, call "
                f"it {shown(SPLIT)}."
            )
        if column.divided and column.whole:
            text = column.divided[0].text
            yield (
                f"Column {shown(name)}: {shown(text)} is read as a number below 1,000 "
                f"({places.where(column.divided[0].row)}); if its point stands between thousands, take "
                "it out there."
            )
        yield from _of_codes(name, () if column.categories else column.texts)
        yield from _of_texts(name, column.categories)
        if column.commas:
            text = column.commas[0].text
            yield (
                f"Column {shown(name)} is written with decimal commas: {shown(text)} is "
                f"{text.replace(',', '.')}{_with_points(column, places)}."
            )
        if column.word:
            yield (
                f"Column {shown(name)} is read as text, since {shown(column.word.text)} "
                f"({places.where(column.word.row)}) is not a number; leave that cell empty if the "
                "number is missing."
            )


def _of_codes(name: str, texts: Sequence[First]) -> Iterator[str]:
    """Numbers that are written as codes are: 007, or 2E5."""
    for code in texts:
        if _CODE.fullmatch(code.text):
            yield (
                f"Column {shown(name)}: {shown(code.text)} is read as the number "
                f"{float(code.text):,g}; if it is a code, put a letter before each, so that they are "
                "categories."
            )
            break


def _with_points(column: Read, places: Places) -> str:
    """Where a column that has decimal commas has points, which is in other files."""
    if not column.points:
        return ""
    files = [places.of(first.row)[0] for first in column.points]
    return f"; in {listed(files, 3)} it is written with decimal points"


def _of_texts(name: str, categories: Sequence[str]) -> Iterator[str]:
    """Two texts that are one but for capitals and blanks."""
    seen: dict[str, str] = {}
    for text in categories:
        other = seen.setdefault(plain(text), text)
        if other != text:
            yield (
                f"Column {shown(name)}: {listed([other, text])} are taken as two categories; are "
                "they one?"
            )
            break
