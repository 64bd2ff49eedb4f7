"""The text of a file that should be a table, a block of whole lines at a time.

A table is never in memory as text: a block is read, its cells become numbers, and the next one takes
its place. UTF-8 is expected. Where the first sign beyond ASCII is none of UTF-8, the text is read as
Latin-1, which any bytes are, and whoever asks is told.
"""

from __future__ import annotations

import re
import stat
from io import BufferedReader, TextIOWrapper
from pathlib import Path

from engine.errors import DataError

BLOCK = 1 << 16  # characters read at once: some 10 ms of work
LONGEST = 1 << 24  # characters in a line; beyond it the file is no table
_KINDS = {  # how files begin that are no text → what they are, and what to do
    b"PK\x03\x04": "an Excel file (or another kind of zip); save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file; save the sheet as CSV",
    b"PAR1": "a Parquet file; write it as CSV",
    b"\x1f\x8b": "packed with gzip; unpack it",
    b"%PDF": "a PDF; write the table as CSV",
}
_FOREIGN = re.compile("[\udc80-\udcff]")  # how Python marks a byte that is not UTF-8


class Text:
    """Lines of a text file, singly or in blocks; each of them ends in a newline.

    Attributes:
        file: Its name, for sentences.
        size: Bytes in all.
        line: The number of the next line, from 1.
        encoding: "UTF-8" or "Latin-1", as far as the text has told.
        done: Characters of the blocks that were read, about as many as bytes.
    """

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            DataError: It is no file, cannot be read, or is empty.
        """
        self.file, self.line, self.encoding, self.done = path.name, 1, "UTF-8", 0
        head, self.size = _looked_at(path)
        self._stream = TextIOWrapper(_opened(path), "utf-8-sig", errors="surrogateescape")
        self._lines, self._at, self._tail = (
            "",
            0,
            "",
        )  # whole lines, how far they are taken, the rest
        self._sure = head.startswith(b"\xef\xbb\xbf")  # that it is UTF-8

    def __enter__(self) -> Text:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Text:
        return self

    def __next__(self) -> str:
        """The next line."""
        if not self.waiting():
            raise StopIteration
        end = self._lines.index("\n", self._at) + 1
        line, self._at = self._lines[self._at : end], end
        self.line += 1
        return line

    def waiting(self) -> str:
        """The lines at hand that nobody took yet; "" at the end of the file."""
        if self._at == len(self._lines):
            self._lines, self._at = self._more(), 0
            self.done += len(self._lines)
        elif self._at:
            self._lines, self._at = self._lines[self._at :], 0
        return self._lines

    def take(self, lines: int) -> None:
        """Pass by the lines at hand, which are `lines`."""
        self._at = len(self._lines)
        self.line += lines

    def _more(self) -> str:
        """The next whole lines."""
        text = self._tail
        while True:
            try:
                read = self._stream.read(BLOCK)
            except OSError as error:
                raise _unreadable(self.file, error) from None
            text, start = text + self._checked(read, text), len(text)
            if not read:
                self._tail = ""
                return text + "\n" if text else ""
            if end := text.rfind("\n", start) + 1:
                self._tail = text[end:]
                return text[:end]
            if len(text) > LONGEST:
                raise DataError(
                    f"{self.file}, line {self.line}: the line is too long for a row of a table; "
                    "put each patient on a line of its own."
                )

    def _checked(self, read: str, before: str) -> str:
        """What was read, as text in its encoding."""
        if "\0" in read:
            raise DataError(
                f"{self.file}, line {self._line_of(read, read.index(chr(0)))}: there is a NUL byte, "
                "so this is no plain text; save it as a CSV in UTF-8."
            )
        if read.isascii():
            return read
        foreign = _FOREIGN.search(read)
        if self.encoding == "UTF-8" and foreign:
            if self._sure or not read[: foreign.start()].isascii():
                raise DataError(
                    f"{self.file}, line {self._line_of(read, foreign.start())}: the text is not in "
                    "UTF-8 here, though it is before; save it as UTF-8."
                )
            self.encoding = "Latin-1"
        if self.encoding == "Latin-1":
            return read.encode("utf-8", "surrogateescape").decode("latin-1")
        self._sure = True
        return read

    def _line_of(self, read: str, place: int) -> int:
        return self.line + read.count("\n", 0, place)


def _looked_at(path: Path) -> tuple[bytes, int]:
    """A file's first bytes, and how many it has."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{path.name}: this is not a regular file; name a CSV file.")
        with _opened(path) as raw:
            head = raw.read(4)
    except OSError as error:
        raise _unreadable(path.name, error) from None
    if not head:
        raise DataError(empty(path.name))
    for start, what in _KINDS.items():
        if head.startswith(start):
            raise DataError(f"{path.name}: this is {what}.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path.name}: the text is in UTF-16; save it as UTF-8.")
    return head, about.st_size


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path.name, error) from None


def empty(file: str) -> str:
    """The sentence for a file with nothing in it."""
    return f"{file}: the file is empty; write a header and the patients below it."


def _unreadable(file: str, error: OSError) -> DataError:
    return DataError(
        f"{file}: the file cannot be read ({error.strerror}); check its path and permissions."
    )
