"""Runs that are done, kept in a file, so that a comparison goes on where it was ended.

A line of JSON for each run, written when it finishes and on the disk before the next is asked for. A
line torn by a crash is passed over. Only its owner may read the file: of runs on somebody's own data
under noise it holds the seed, as the same command must run the same again.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine.errors import DataError, RunError
from engine.version import __version__
from fedtui import files
from fedtui.comparison.work import Record

FORMAT = 1
_HOLDS = "runs of fedtui compare; a seed in it takes the noise off a run, so keep it to yourself"
_MOST = 50  # comparisons kept by themselves


def usual(subject: str) -> Path:
    """Where the runs about `subject` are kept if nobody names a file."""
    return files.folder() / "compare" / f"{subject}.jsonl"


class Kept:
    """The records in a file by their runs' keys, and the writing of further ones.

    Attributes:
        drawn: Seeds from the operating system, by what they were drawn for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: dict[str, Record] = {}
        self.drawn: dict[str, int] = {}
        self._file: int | None = None
        self._read()

    def forget(self, keys: Iterable[str]) -> None:
        """Do these runs anew, and draw seeds anew; the later line of two in the file holds."""
        self.drawn = {}
        for key in keys:
            self.records.pop(key, None)

    def draw(self, patients: str, seed: int) -> None:
        """Keep a seed that was drawn; other patients, be it by one, get another."""
        self.drawn[patients] = seed
        self._line({"seed": seed, "for": patients})

    def add(self, key: str, record: Record) -> None:
        """Keep a run, unless it failed in a way that may pass."""
        self.records[key] = record
        if record.get("lasting", True):
            self._line({"run": key, "record": record})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _read(self) -> None:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise DataError(f"{self.path}: this is no file; choose another for --into.")
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise DataError(
                f"{self.path}: cannot be read ({error.strerror}); choose another file for --into."
            ) from None
        if not any(lines):
            return
        first = _json(lines[0])
        if first.get("fedtui") != FORMAT or "compare" not in first:
            raise DataError(
                f"{self.path}: it holds something else than runs of this version's compare, and stays"
                " as it is; choose another file for --into."
            )
        for line in map(_json, lines[1:]):
            match line:
                case {"run": str(key), "record": dict(record)}:
                    self.records[key] = record
                case {"seed": int(seed), "for": str(patients)}:
                    self.drawn[patients] = seed

    def _line(self, told: Mapping[str, Any]) -> None:
        try:
            if self._file is None:
                self._file = self._opened()
            _write(self._file, told)
            os.fsync(self._file)
        except OSError as error:
            raise RunError(
                f"{self.path}: cannot be written ({error.strerror}); name another file by --into."
            ) from None

    def _opened(self) -> int:
        """The file, ready for a further line, its first one written where it is new."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(
            handle, 0o600
        )  # a file that was there, or came back from a copy, may be open to all
        size = os.fstat(handle).st_size
        if not size:
            _write(handle, {"fedtui": FORMAT, "compare": _HOLDS, "version": __version__})
        elif os.pread(handle, 1, size - 1) != b"\n":  # torn by a crash
            os.write(handle, b"\n")
        return handle


def prune() -> None:
    """Forget the oldest of very many comparisons that were kept by themselves."""
    for path in _newest_first()[_MOST:]:
        with suppress(OSError):  # in a folder that cannot be changed they just stay
            path.unlink(missing_ok=True)


def _newest_first() -> list[Path]:
    try:
        found = {p: p.stat().st_mtime for p in (files.folder() / "compare").glob("*.jsonl")}
    except OSError:
        return []
    return sorted(found, key=lambda path: found[path], reverse=True)


def _write(handle: int, told: Mapping[str, Any]) -> None:
    text = json.dumps(told, separators=(",", ":"), ensure_ascii=False) + "\n"
    left = memoryview(text.encode("utf-8", "surrogatepass"))
    while left:
        left = left[os.write(handle, left) :]


def _json(line: bytes) -> dict[str, Any]:
    """What a line holds; nothing where it is torn."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
