"""The rows of a table, a batch at a time, turned into columns of cells.

Most tables have no quotes. Their lines are cut at every separator at once, which is twice as fast as
`csv.reader`; any block of lines that has a quote, an empty line, a row of another length or a row
without a label goes to `csv.reader`. Both give the same cells (a test holds that).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from engine.data.csv.cells import is_missing
from engine.data.csv.header import Columns
from engine.data.csv.text import Text, empty
from engine.errors import DataError

Cells = Sequence[str]  # of one column, row after row


@dataclass
class Left:
    """Rows that were left out, or cannot be used.

    Attributes:
        empty: How many have nothing in any cell; lines without a separator are not counted.
        unlabelled: How many have no label; `first_unlabelled` says where the first of them is,
            and `hospitals` at which hospitals they are.
        ragged: How many rows have another number of cells than the header; `first_ragged` says in
            words which the first three are.
    """

    empty: int = 0
    unlabelled: int = 0
    first_unlabelled: str = ""
    hospitals: dict[str, None] = field(default_factory=dict)  # in order
    ragged: int = 0
    first_ragged: list[str] = field(default_factory=list)

    def refuse_ragged(self, file: str, width: int) -> None:
        """Refuse a file in which rows have more or fewer than `width` cells."""
        if not self.ragged:
            return
        more = self.ragged - 3
        others = f" and {more:,} more lines are like it" if more > 0 else ""
        raise DataError(
            f"{file}: {', '.join(self.first_ragged)}{others}, where the header has {width}; "
            "give every row a cell per column, with quotes around a cell that holds the separator."
        )


@dataclass(frozen=True)
class Batch:
    """Some rows of a table.

    Attributes:
        columns: The cells of every column.
        lines: The line at which each row begins.
        plain: Whether nothing is in quotes, and no cell holds the sign _, which Python would take
            for a part of a number.
    """

    columns: Sequence[Cells]
    lines: Sequence[int]
    plain: bool


def header(text: Text, separator: str) -> list[str]:
    """The first row.

    Raises:
        DataError: There is none.
    """
    names = next(_reader(text, separator), None)
    if names is None:
        raise DataError(empty(text.file))
    return names


def batches(
    text: Text, separator: str, columns: Columns, left: Left, *, unlabelled: bool = False
) -> Iterator[Batch]:
    """The rows that follow, blank ones left out, and those without a label unless they are asked for.

    Raises:
        DataError: A row that cannot be cut into cells.
    """
    while block := text.waiting():
        lines = range(text.line, text.line + block.count("\n"))
        cells = _cut(block, separator, len(columns.names))
        if cells and _needs_no_care(cells, set(cells[columns.label]), columns, unlabelled):
            text.take(len(lines))
            yield Batch(cells, lines, "_" not in block)
        elif found := _read(text, lines.stop, separator, columns, left, unlabelled):
            begun, rows = zip(*found, strict=True)
            yield Batch(list(zip(*rows, strict=True)), begun, plain=False)


def _needs_no_care(
    cells: Sequence[Cells], labels: Collection[str], columns: Columns, unlabelled: bool
) -> bool:
    """Whether no row of a block is without a label, or empty, or repeats the header."""
    if columns.names[columns.label] in map(str.strip, labels):
        return False
    if not unlabelled:
        return not any(map(is_missing, labels))
    return all(any(map(str.strip, row)) for row in zip(*cells, strict=True))


def _cut(block: str, separator: str, width: int) -> list[Cells] | None:
    """The columns of a block of plain lines; None where it needs care."""
    if '"' in block:
        return None
    lines = block[:-1].split("\n")
    if {line.count(separator) for line in lines} != {width - 1}:
        return None
    if len(block) > csv.field_size_limit() and max(map(len, lines)) > csv.field_size_limit():
        return None
    cells = block[:-1].replace("\n", separator).split(separator)
    return [cells[i::width] for i in range(width)]


def _read(
    text: Text, stop: int, separator: str, columns: Columns, left: Left, unlabelled: bool
) -> list[tuple[int, list[str]]]:
    """Line and cells of the rows that begin before line `stop`."""
    found = []
    reader = _reader(text, separator)
    while text.line < stop:
        line = text.line
        row = next(reader, None)
        if row is None:
            break
        if not any(map(str.strip, row)):
            left.empty += len(row) > 1
            continue
        if tuple(map(str.strip, row)) == columns.names:
            raise DataError(
                f"{text.file}, line {line}: the header stands here again; take the line out."
            )
        if len(row) != len(columns.names):
            left.ragged += 1
            if left.ragged <= 3:
                left.first_ragged.append(f"line {line} has {len(row)} cells")
        elif not unlabelled and is_missing(row[columns.label]):
            left.unlabelled += 1
            left.first_unlabelled = left.first_unlabelled or f"{text.file}, line {line}"
            if columns.hospital is not None and not is_missing(row[columns.hospital]):
                left.hospitals[row[columns.hospital].strip()] = None
        else:
            found.append((line, row))
    return found


def _reader(text: Text, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(text, delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        why = str(error).replace("\t", "tab")
        raise DataError(
            f"{text.file}, line {text.line - 1}: the row cannot be read ({why}); "
            'check its quotes: a quote inside a cell is written "".'
        ) from None
