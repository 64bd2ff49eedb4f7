"""Small files that must not be lost: private, whole or not there at all, and read with a sentence.

Everything kept lies in one folder: the system's for an application's state, or the one named by the
variable FEDTUI_STATE. A file is JSON whose first key tells its format. One that is damaged, or from a
later version, is set aside under another name and never written over.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fedtui import words

FORMAT = 1
_KEY = "fedtui"  # whose value is the format
_LARGEST = 50_000_000  # bytes: what is kept is small, so a larger file is not ours


def folder() -> Path:
    """Where things are kept; it need not exist yet."""
    named = os.environ.get("FEDTUI_STATE")
    if named:
        return Path(named)
    from platformdirs import user_state_path  # not before something is kept

    return user_state_path("fedtui", appauthor=False)


def write(path: Path, content: Mapping[str, Any]) -> str:
    """Replace the file at once; returns a sentence where that fails, and the old one stays."""
    text = json.dumps({_KEY: FORMAT, **content}, separators=(",", ":"), ensure_ascii=False)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(path, text, os.replace)
    except OSError as error:
        return words.not_kept(str(path), error.strerror or str(error))
    return ""


def create(path: Path, text: str) -> None:
    """Write a new file at once; what is there is never written over.

    Raises:
        FileExistsError: Something is there.
        OSError: It cannot be written, and nothing is left of it.
    """
    if os.path.lexists(path):  # sooner told than written
        raise FileExistsError(path)
    _put(path, text, _into_place)


def _put(path: Path, text: str, move: Callable[[str, Path], None]) -> None:
    """`text` as a file for its owner alone, complete and on the disk before it is called `path`."""
    handle, name = tempfile.mkstemp(prefix=".fedtui-", dir=path.parent)  # of mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        move(name, path)
    except OSError:
        with suppress(OSError):  # a disk that takes nothing may give nothing back
            os.unlink(name)
        raise


def _into_place(name: str, path: Path) -> None:
    """Call a file `path` if nothing is called so: the name is taken first, then the file moved there.

    A hard link would do both at once, but many file systems of sticks and shares have none.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(path)
        raise


def read(path: Path) -> tuple[dict[str, Any] | None, str]:
    """What a file holds, or None; and a sentence where it is there and cannot be used."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would keep us waiting
            return None, words.not_read(str(path), words.NO_FILE)
        if found.st_size > _LARGEST:
            return None, _aside(path, words.DAMAGED)
        content = json.loads(path.read_text("utf-8", errors="surrogatepass"))
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, words.not_read(str(path), error.strerror or str(error))
    except (ValueError, RecursionError):
        return None, _aside(path, words.DAMAGED)
    format = content.get(_KEY) if isinstance(content, dict) else None
    if not isinstance(format, int) or isinstance(format, bool) or format < 1:
        return None, _aside(path, words.DAMAGED)
    if format > FORMAT:
        return None, _aside(path, words.LATER)
    return content, ""


def damaged(path: Path) -> str:
    """Set aside a file whose content makes no sense; returns the sentence."""
    return _aside(path, words.DAMAGED)


def _aside(path: Path, why: str) -> str:
    aside = path.with_name(path.name + ".broken")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.broken-{number}")
    try:
        path.rename(aside)
    except OSError as error:
        return words.not_read(str(path), error.strerror or str(error))
    return words.set_aside(path.name, why, aside.name)


def crashed(error: BaseException) -> str:
    """Write down where the program went wrong, without anybody's data; returns what to say.

    An exception's own message is left out: it may hold a value of somebody's table.
    """
    places = "".join(_places(error))
    path = folder() / "crash.txt"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(path, f"{words.CRASH_HOLDS}\n\n{places}", os.replace)
    except OSError:
        return words.crashed(type(error).__name__, f"\n{places}")
    return words.crashed(type(error).__name__, f"{path} tells where.")


def _places(error: BaseException) -> Iterator[str]:
    """The lines of our code it came through, and its class; first those of the one behind it."""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield from _places(behind)
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__name__}\n"
