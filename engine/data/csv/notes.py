"""What is said of a table that was read: what was decided, left out, or passed by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.data.csv.column import Read
from engine.data.csv.header import SPLIT, Columns
from engine.data.csv.places import Places
from engine.data.csv.rows import Left
from engine.data.source import listed, shown
from engine.sections import Data


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


def of_columns(read: Mapping[str, Read], places: Places) -> Iterator[str]:
    """Columns with decimal commas, and those that one cell made text."""
    for name, column in read.items():
        if column.comma:
            text = column.comma.text
            yield (
                f"Column {shown(name)} is written with decimal commas: {shown(text)} is "
                f"{text.replace(',', '.')}."
            )
        if column.word:
            yield (
                f"Column {shown(name)} is read as text, since {shown(column.word.text)} "
                f"({places.where(column.word.row)}) is not a number; leave that cell empty if the "
                "number is missing."
            )
