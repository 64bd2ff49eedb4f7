"""The running session, kept after every round, and offered at the next start.

A run is a function of its scenario, so what is kept is small: for each branch its scenario, where it
was forked, and its right answers so far; which one is shown, and at which round. A session that is
taken up again runs there, and its curve must be the one that was kept.

Many learners may share one account: each session is a file of its own, held by a lock as long as its
process lives, and offered only to the same place (a learner's name) or the same address.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

try:
    import fcntl
except ImportError:  # not on Windows: there every session counts as left
    fcntl = None  # type: ignore[assignment]

from engine.errors import EngineError
from engine.scenario import Scenario
from fedtui import files

_OLDEST = 60 * 86_400  # seconds
_MOST = 200  # sessions that nobody holds


@dataclass(frozen=True)
class Kept:
    """One branch."""

    given: Mapping[str, Any]  # the scenario, as nested plain mappings
    name: str = ""
    fork: int = 0
    curve: tuple[int, ...] = ()  # right answers after each finished round

    @property
    def scenario(self) -> Scenario:
        """The scenario it runs.

        Raises:
            EngineError: It is none, or one that this version cannot run.
        """
        return Scenario.from_dict(self.given)


@dataclass(frozen=True)
class Session:
    """Everything a learner would miss.

    Attributes:
        shown, before: Which branch is on the screen, and which is grey under it.
        round: How far the shown one had been watched.
        file: The name of the file it is kept in.
    """

    branches: tuple[Kept, ...]
    shown: int = 0
    before: int | None = None
    round: int = 0
    chosen: int = 0
    place: str = ""
    client: str = ""
    when: float = 0.0  # seconds since 1970
    file: str = ""


@dataclass(frozen=True)
class Offer:
    """A session that can be taken up again."""

    session: Session
    path: Path

    @cached_property
    def shown(self) -> Scenario:
        """The scenario that was on the screen; read once, since an offer stands in every frame."""
        return self.session.branches[self.session.shown].scenario


class Keeper:
    """Keeps one session in a file that no other process writes."""

    def __init__(self, place: str = "", client: str = "") -> None:
        self.place = safe_place(place)
        self.client = client
        self._path = files.folder() / f"session-{secrets.token_hex(6)}.json"
        self._lock: int | None = None
        self._changing = threading.Lock()  # which file is ours
        self._writing = threading.Lock()  # so that the last to come is the last to be written
        self._said = ""

    def save(self, session: Session) -> str:
        """Keep it; a sentence the first time that fails. Waits for the disk: call it from a thread.

        It goes to the file that was ours when the session was made, even if another is by now.
        """
        with self._changing:
            if self._lock is None:
                self._lock = _locked(self._path)
        with self._writing:
            told = files.write(files.folder() / session.file, _told(session))
        fresh = told if told != self._said else ""
        self._said = told
        return fresh

    def session(self, **values: Any) -> Session:
        """A session of this place."""
        return Session(
            place=self.place, client=self.client, when=time.time(), file=self._path.name, **values
        )

    def take_over(self, offer: Offer) -> bool:
        """Go on in the file of an earlier session; False where another process does, or did meanwhile."""
        lock = _locked(offer.path)
        if lock is None:
            return False
        content, _ = files.read(offer.path)
        if content is None or content.get("when") != offer.session.when:
            os.close(lock)
            return False
        self.close()
        with self._changing:
            self._path, self._lock = offer.path, lock
        return True

    def offer(self) -> tuple[Offer | None, str]:
        """The newest session that was left here, and a sentence where one could not be read."""
        sentence = ""
        for path in _newest_first():
            if (lock := _locked(path)) is None:
                continue
            os.close(lock)
            session, told = _read(path)
            sentence = sentence or told
            if session and _for(session, self.place, self.client) and session.round:
                return Offer(session, path), sentence
        return None, sentence

    def close(self) -> None:
        """Let go of the file; it stays."""
        with self._changing:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def safe_place(name: str) -> str:
    """A learner's name as part of a file's name."""
    return re.sub(r"[^\w-]", "_", name.strip())[:40]


def prune() -> None:
    """Forget sessions that nobody holds and that are very old, or one of very many."""
    now = time.time()
    for number, path in enumerate(_newest_first()):
        if number < _MOST and now - _age(path) < _OLDEST:
            continue
        if (lock := _locked(path)) is not None:
            with suppress(OSError):  # in a folder that cannot be changed old sessions just stay
                path.unlink(missing_ok=True)
                _lock_path(path).unlink(missing_ok=True)
            os.close(lock)


def _for(session: Session, place: str, client: str) -> bool:
    return session.place == place and (bool(place) or session.client == client)


def _newest_first() -> list[Path]:
    try:
        found = list(files.folder().glob("session-*.json"))
    except OSError:
        return []  # said when something is to be kept there
    return sorted(found, key=_age, reverse=True)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _locked(path: Path) -> int | None:
    """A lock on a session's file, as a descriptor; None where another process holds it.

    It is on a file beside it, since each save puts a new file in the old one's place.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    if fcntl is None:
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), _lock_path(path).stat()):
            return handle
    except OSError:  # another process holds it, or has just pruned it
        pass
    os.close(handle)
    return None


def _told(session: Session) -> dict[str, Any]:
    """As it is written; `asdict` would copy every number of every curve."""
    return {**vars(session), "branches": [vars(kept) for kept in session.branches]}


def _read(path: Path) -> tuple[Session | None, str]:
    content, sentence = files.read(path)
    if content is None:
        return None, sentence
    try:
        return _session(content, path.name), ""
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, EngineError):
        return None, files.damaged(path)


def _session(content: Mapping[str, Any], file: str) -> Session:
    branches = tuple(_kept(branch) for branch in content["branches"])
    before = content["before"]
    session = Session(
        branches=branches,
        shown=_count(content["shown"]),
        before=None if before is None else _count(before),
        round=_count(content["round"]),
        chosen=_count(content["chosen"]),
        place=str(content["place"]),
        client=str(content["client"]),
        when=float(content["when"]),
        file=file,
    )
    if max(session.shown, session.before or 0) >= len(branches):
        raise ValueError("no such branch")
    if session.round > branches[session.shown].scenario.training.rounds:
        raise ValueError("a round after the last one")
    return session


def _kept(content: Mapping[str, Any]) -> Kept:
    curve = tuple(_count(correct) for correct in content["curve"])
    kept = Kept(dict(content["given"]), str(content["name"]), _count(content["fork"]), curve)
    if len(curve) > kept.scenario.training.rounds:
        raise ValueError("a curve longer than its run")
    return kept


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("not a count")
    return value
