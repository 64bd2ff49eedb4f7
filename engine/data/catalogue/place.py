"""Where fetched files lie, and whether they are still what their publisher published.

They lie in the folder that the variable FEDTUI_DATA names, else in the system's own folder for an
application's data. Every use computes the sha256 of every file anew: a table that was edited, or half
written, must not pass for the published one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from engine.data.catalogue.entries import SUMS, Entry
from engine.errors import DataError
from engine.steps import Steps


def folder(entry: Entry) -> Path:
    """Where the raw files of `entry` lie, or would lie."""
    return _base() / entry.folder


def _base() -> Path:
    named = os.environ.get("FEDTUI_DATA")
    if named:
        return Path(os.path.expanduser(named))
    from platformdirs import user_data_path  # not before something is looked for

    return user_data_path("fedtui", appauthor=False) / "data"


def missing(entry: Entry) -> tuple[str, ...]:
    """Names of the files of `entry` that are not there."""
    place = folder(entry)
    return tuple(file.name for file in entry.files if not os.path.isfile(place / file.name))


def checking(entry: Entry) -> Steps[Path]:
    """The folder of `entry`'s files, when each of them is there and has its sum.

    Raises:
        DataError: A file is not there, cannot be read, or is another one.
    """
    gone, place = missing(entry), folder(entry)
    if gone:
        raise DataError(
            f"data.source: {entry.name} is not on this machine; "
            f"`fedtui data {entry.name} --fetch` fetches it ({entry.licence})."
        )
    sums = known_sums(entry)
    for done, file in enumerate(entry.files):
        yield f"checking {entry.name}", done, len(entry.files)
        if file.name not in sums:
            raise DataError(
                f"{entry.name}: it is not known what {file.name} should be; `fedtui data "
                f"{entry.name} --fetch` gets the publisher's list of sums and checks it."
            )
        if sums[file.name] != sha256(place / file.name):
            raise DataError(
                f"{file.name}: this is not the file that was published ({entry.name}: its sha256 "
                f"is another); `fedtui data {entry.name} --fetch` fetches it again."
            )
    return place


def known_sums(entry: Entry) -> Mapping[str, str]:
    """The sha256 of each file by its name: pinned here, else as recorded at the first fetch.

    Raises:
        DataError: The record is there and cannot be read.
    """
    if entry.pinned:
        return {file.name: file.sha256 for file in entry.files}
    record = folder(entry) / SUMS
    try:
        return read_sums(record.read_text("utf-8", errors="replace"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unreadable(record, error) from None


def read_sums(text: str) -> dict[str, str]:
    """A list of sums: on each line the sum in hexadecimal, a space and the file's name."""
    lines = (line.split(maxsplit=1) for line in text.splitlines())
    return {line[1].strip().lstrip("*"): line[0].lower() for line in lines if len(line) == 2}


def sha256(path: Path) -> str:
    """The sum of a file, in hexadecimal.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> DataError:
    """The refusal of a file that the system does not give."""
    return DataError(
        f"{path.name}: the file cannot be read ({error.strerror}); check {path.parent}."
    )
