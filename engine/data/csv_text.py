"""The text of a file that should be a table, or a sentence on why there is none."""

from __future__ import annotations

import stat
from pathlib import Path

from engine.data import memory
from engine.errors import DataError

COST = 6  # bytes of memory per byte of the file, at worst: one digit and a comma make a float64


def read_text(path: Path) -> str:
    """The file's text.

    Raises:
        DataError: It is no file, cannot be read, is too large, or is not text in UTF-8.
    """
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise DataError(
                f"{path.name or path}: this is a folder, and folders of tables are not built yet; "
                "name one CSV file."
            )
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{path.name}: this is not a regular file; name a CSV file.")
        memory.refuse_bytes(about.st_size * COST, f"give fewer rows of {path.name}")
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path.name}: the file cannot be read ({error.strerror}); "
            "check its path and permissions."
        ) from None
    return _decode(path.name, raw)


def _decode(file: str, raw: bytes) -> str:
    if not raw.strip():
        raise DataError(f"{file}: the file is empty; write a header and the patients below it.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{file}: the text is in UTF-16; save it as UTF-8.")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise DataError(
            f"{file}, line {line}: there is a NUL byte, so this is no plain text; "
            "save it as a CSV in UTF-8."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file}, line {line}: the text is not in UTF-8; save it as UTF-8."
        ) from None
