"""Where each row of a table stands: in which file, at which line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


class Places:
    """File and line of every row. Rows mostly follow line on line, so only jumps are kept."""

    def __init__(self) -> None:
        """No row yet."""
        self.rows = 0
        self._starts: list[int] = []  # the rows after a jump
        self._jumps: list[tuple[str, int]] = []  # file, and line − row from there on

    def add(self, file: str, lines: Sequence[int]) -> None:
        """Further rows, which begin at `lines` of `file`."""
        plain = isinstance(lines, range)
        for i, line in enumerate(lines[:1] if plain else lines):
            jump = (file, line - self.rows - i)
            if not self._jumps or self._jumps[-1] != jump:
                self._starts.append(self.rows + i)
                self._jumps.append(jump)
        self.rows += len(lines)

    def of(self, row: int) -> tuple[str, int]:
        """File and line of a row."""
        file, offset = self._jumps[bisect_right(self._starts, row) - 1]
        return file, row + offset

    def where(self, row: int) -> str:
        """File and line of a row, in words."""
        return f"{self.of(row)[0]}, line {self.of(row)[1]}"

    def listed(self, rows: Sequence[int], most: int = 3) -> str:
        """File and lines of the first of `rows`, in words: "a.csv, lines 2, 3, 4 and 5 more"."""
        file = self.of(rows[0])[0]
        lines = [str(line) for f, line in map(self.of, rows[:most]) if f == file]
        more = f" and {len(rows) - len(lines):,} more" if len(rows) > len(lines) else ""
        return f"{file}, line{'s' if len(rows) > 1 else ''} {', '.join(lines)}{more}"
