"""Fetching a data set of the catalogue: over https, and checked by sha256 before it is called a file.

A download goes to a temporary file beside its place and is moved there only when it is complete and
its sum is right, so a broken connection or a full disk leaves nothing half kept. What is there
already and has its sum is not fetched again.

Where the sums are not known beforehand, the list that the publisher keeps beside the files is fetched
first, and kept once every file has come and matched it: from then on, files that are not those of the
list are refused (trust on first use).

The variable FEDTUI_MIRROR names another place to fetch from, for a workshop without internet: any web
server that holds a copy of the data folder, e.g. `python -m http.server` in it. What comes from there
is checked all the same; a list of sums that comes from there is trusted as it would be from the
publisher.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import click

from engine.data.catalogue import ENTRIES, Entry, place
from engine.data.catalogue.entries import SUMS
from engine.errors import RunError, ScenarioError
from engine.knobs import nearest
from engine.sections import BUILT_IN
from engine.version import __version__

TIMEOUT = 30.0  # seconds without a byte, or before an answer begins
SLOWEST = 2_000  # bytes a second, from then on and in the mean: what comes slower never ends
LARGEST = 200_000_000  # bytes: the open sets are far smaller
_PIECE = 1 << 16  # bytes
_BROKEN = (http.client.IncompleteRead, http.client.BadStatusLine, ConnectionResetError)


class FetchError(RunError):
    """A download that could not be completed; nothing of it was kept."""


def fetch(name: str) -> tuple[str, ...]:
    """Fetch what is not here, or damaged, of the data set `name`; returns the files that came.

    Raises:
        ScenarioError: There is no such data set.
        FetchError: A file did not come, was another one, or could not be kept.
    """
    entry = _entry(name)
    folder = place.folder(entry)
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(entry, folder, error) from None
    sums, told = _sums(entry)
    wanted = [file.name for file in entry.files if not _is_here(folder / file.name, sums)]
    for file in wanted:
        _download(entry, file, folder / file, sums[file])
    if told:
        with _whole(entry, folder / SUMS) as record:
            record.write(told)
    return tuple(wanted)


def _entry(name: str) -> Entry:
    if name in BUILT_IN:
        raise ScenarioError(f"data: {name} comes with fedtui; there is nothing to fetch.")
    if name not in ENTRIES:
        raise ScenarioError(f"data: there is no {name!r} to fetch; {nearest(name, ENTRIES)}")
    return ENTRIES[name]


def _is_here(path: Path, sums: Mapping[str, str]) -> bool:
    return os.path.isfile(path) and place.sha256(path) == sums[path.name]


def _sums(entry: Entry) -> tuple[Mapping[str, str], bytes]:
    """The sum of each file: known, recorded, or else as the publisher's list, which is new, tells it."""
    sums = place.known_sums(entry)
    if all(file.name in sums for file in entry.files):
        return sums, b""
    told = b"".join(_pieces(entry, SUMS))
    sums = place.read_sums(told.decode("utf-8", errors="replace"))
    for file in entry.files:
        if file.name not in sums:
            raise FetchError(
                f"{entry.name}: the publisher's {SUMS} does not tell the sum of {file.name}, so "
                "nothing was fetched; try again later."
            )
    return sums, told


def _download(entry: Entry, file: str, path: Path, sum: str) -> None:
    """Fetch one file to `path`, if it has its sum."""
    digest = hashlib.sha256()
    with _whole(entry, path) as kept:
        for piece in _pieces(entry, file):
            digest.update(piece)
            kept.write(piece)
        if digest.hexdigest() != sum:
            raise FetchError(
                f"{file}: what came from {_host(entry)} is not the file that was published (its "
                "sha256 is another), so it was not kept; try again later or elsewhere."
            )


@contextmanager
def _whole(entry: Entry, path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone that is called `path` once it is complete, and never before."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix=".fedtui-", dir=path.parent)  # of mode 0600
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
        name = ""
    except OSError as error:
        raise _unwritable(entry, path, error) from None
    finally:
        if name:
            with suppress(OSError):  # a disk that takes nothing may give nothing back
                os.unlink(name)


def _pieces(entry: Entry, file: str) -> Iterator[bytes]:
    """The bytes of a file as they come, with a bar of how far it is."""
    try:
        with closing(_open(_address(entry) + quote(file))) as answer:
            yield from _counted(entry, file, answer, answer.length or 0)
    except HTTPError as error:
        error.close()
        if 300 <= error.code < 400:
            raise _astray(entry, file, "nowhere, or round in a circle") from None
        what = f"answered {error.code} ({error.reason})"
        if error.code in (404, 410) and os.environ.get("FEDTUI_MIRROR"):
            asked = urlsplit(_address(entry) + quote(file))._replace(netloc=_host(entry)).geturl()
            raise FetchError(
                f"{file}: FEDTUI_MIRROR {what}; a copy of it belongs at {asked}."
            ) from None
        raise FetchError(f"{file}: {_host(entry)} {what}; try again later.") from None
    except _AstrayError as error:
        raise _astray(entry, file, str(error.reason)) from None
    except (OSError, http.client.HTTPException, UnicodeError) as error:  # URLError is an OSError
        raise FetchError(f"{file}: {_why(entry, error)}") from None


def _counted(entry: Entry, file: str, answer: Any, total: int) -> Iterator[bytes]:
    came, begun = 0, time.monotonic()
    if total > LARGEST:
        raise _too_large(entry, file)
    bar = click.progressbar(
        length=total, label=file, file=sys.stderr, hidden=not (total and sys.stderr.isatty())
    )
    with bar:
        while piece := answer.read1(_PIECE):  # as soon as something comes
            came += len(piece)
            if came > LARGEST:
                raise _too_large(entry, file)
            if came < SLOWEST * (time.monotonic() - begun - TIMEOUT):
                raise FetchError(
                    f"{file}: {_host(entry)} sends fewer than {SLOWEST:,} bytes a second, so it was"
                    " given up; try again later."
                )
            yield piece
            bar.update(len(piece))
    if total and came != total:
        raise http.client.IncompleteRead(b"", total - came)


def _open(address: str) -> Any:
    """The answer, once its head has come; one that comes drop by drop is as good as none.

    Raises:
        OSError, HTTPException: It did not come.
    """
    request = Request(address, headers={"User-Agent": f"fedtui/{__version__}"})
    answer: Future[Any] = Future()

    def ask() -> None:
        try:
            answer.set_result(build_opener(_Onward).open(request, timeout=TIMEOUT))
        except Exception as error:  # raised again where it is asked for
            answer.set_exception(error)

    # A socket's own limit begins anew with every byte; a thread of its own can be left behind.
    Thread(target=ask, daemon=True).start()
    return answer.result(2 * TIMEOUT)


class _AstrayError(URLError):
    """A server sends us on to where we do not go; the reason says where that is."""


class _Onward(HTTPRedirectHandler):
    """Follows a server elsewhere on the web, but not from https to where anybody may listen in."""

    def http_error_302(self, req: Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:
            fp.close()
            raise _AstrayError("an address that is none") from None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https"):
            fp.close()
            raise _AstrayError("an address outside the web")
        if req.type == "https" and scheme != "https":
            fp.close()
            raise _AstrayError("an address without https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _address(entry: Entry) -> str:
    """The address of the folder that holds the files of `entry`."""
    mirror = os.environ.get("FEDTUI_MIRROR", "")
    if not mirror:
        return entry.base
    if not _is_web(mirror):
        raise ScenarioError(
            f"FEDTUI_MIRROR: {mirror!r} is no address of the web; write it as "
            "https://machine/folder."
        )
    return f"{mirror.rstrip('/')}/{entry.folder}/"


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _host(entry: Entry) -> str:
    return urlsplit(_address(entry)).netloc.rpartition("@")[2]  # without a password


def _why(entry: Entry, error: Exception) -> str:
    """What went wrong on the way here, in words."""
    host = _host(entry)
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"{host} has not answered for {TIMEOUT:g} seconds; try again later."
    if isinstance(reason, _BROKEN):
        return f"the connection to {host} broke off; try again."
    told = getattr(reason, "strerror", None) or str(reason)
    return (
        f"{host} cannot be reached ({told}); see whether there is a network, or name a copy with "
        "FEDTUI_MIRROR."
    )


def _astray(entry: Entry, file: str, where: str) -> FetchError:
    return FetchError(
        f"{file}: {_host(entry)} sends us on to {where}; try again later, or name a copy with "
        "FEDTUI_MIRROR."
    )


def _too_large(entry: Entry, file: str) -> FetchError:
    return FetchError(
        f"{file}: {_host(entry)} sends more than {LARGEST:,} bytes, so this is another file; "
        "nothing was kept."
    )


def _unwritable(entry: Entry, path: Path, error: OSError) -> FetchError:
    if isinstance(error, (IsADirectoryError, FileExistsError, NotADirectoryError)):
        what = "folder" if isinstance(error, IsADirectoryError) else "file"
        other = "file" if what == "folder" else "folder"
        return FetchError(
            f"{entry.name}: {_in_the_way(path)} is a {what}, and a {other} of that name belongs there; "
            "rename it, or name another folder with FEDTUI_DATA."
        )
    return FetchError(
        f"{entry.name}: {path} cannot be written ({error.strerror}); make room or name another "
        "folder with FEDTUI_DATA."
    )


def _in_the_way(path: Path) -> Path:
    """The first part of a path that is there and is no folder; else the whole."""
    return next((part for part in reversed([path, *path.parents]) if part.is_file()), path)
