"""What was done to a table on its way from a file to the federation: reported, never silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.arrays import Ints


@dataclass(frozen=True, eq=False)
class Report:
    """What was found in a source and what was done to it. Names are as they stand in the file.

    Attributes:
        files: The files read, by name; empty for a source that is none.
        encoding: How their text is written: "UTF-8" or "Latin-1"; "" where no file was read.
        separator: What separates their cells; "" where no file was read.
        rows: Rows of patients in the files, those left out included.
        dropped: Why rows were left out → how many.
        duplicates: Rows that equal an earlier one in hospital, label and every column.
        missing: Column → cells without a value, at each hospital, (K,); columns with none are not in.
        categories: Text column → its categories in sorted order; the first has no column of its own.
        decimal_commas: Columns whose numbers are written 2,3.
        positive, negative: The labels that count as each.
        merged: Hospital → the spellings of it that are not its name.
        skipped: Hospital → why it is not in the federation.
    """

    files: tuple[str, ...] = ()
    encoding: str = ""
    separator: str = ""
    rows: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    missing: Mapping[str, Ints] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decimal_commas: tuple[str, ...] = ()
    positive: str = ""
    negative: str = ""
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
