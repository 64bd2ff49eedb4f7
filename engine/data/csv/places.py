"""Where each row of a table stands: in which file, at which line."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence


class Places:
    """File and line of every row. Rows mostly follow line on line, so only jumps are kept."""

    def __init__(self) -> None:
        """No row yet."""
        self.rows = 0
        self._files: list[str] = []
        self._begins: list[int] = []  # the first row of each file
        self._starts = array("q")  # the rows after a jump
        self._offsets = array("q")  # line − row from there on

    def add(self, file: str, lines: Sequence[int]) -> None:
        """Further rows, which begin at `lines` of `file`."""
        if not self._files or self._files[-1] != file:
            self._files.append(file)
            self._begins.append(self.rows)
        for i, line in enumerate(lines[:1] if isinstance(lines, range) else lines):
            offset = line - self.rows - i
            if not self._offsets or self._offsets[-1] != offset:
                self._starts.append(self.rows + i)
                self._offsets.append(offset)
        self.rows += len(lines)

    def of(self, row: int) -> tuple[str, int]:
        """File and line of a row."""
        file = self._files[bisect_right(self._begins, row) - 1]
        return file, row + self._offsets[bisect_right(self._starts, row) - 1]

    def ends(self) -> list[int]:
        """The last row of each file."""
        return [row - 1 for row in (*self._begins[1:], self.rows)]

    def where(self, row: int) -> str:
        """File and line of a row, in words."""
        return f"{self.of(row)[0]}, line {self.of(row)[1]}"

    def listed(self, rows: Sequence[int], most: int = 3) -> str:
        """File and lines of the first of `rows`, in words: "a.csv, lines 2, 3, 4 and 5 more"."""
        file = self.of(rows[0])[0]
        lines = [str(line) for f, line in map(self.of, rows[:most]) if f == file]
        more = f" and {len(rows) - len(lines):,} more" if len(rows) > len(lines) else ""
        return f"{file}, line{'s' if len(rows) > 1 else ''} {', '.join(lines)}{more}"
