"""Recordings: a run's events as JSON lines, written so that a kill at any moment loses none that was done.

The first line says what the file is; every further line is one event. A line reaches the operating
system before the next event is asked for, and the disk at the end of each round. Reading stops at a
torn last line. What a state shares with all others of its run (the patients) is not written.

A recording holds updates, and with the scenario's seed the noise in it can be removed: the first line
says so, and only its owner may read the file. Of a run on somebody's own data it also holds that seed, and
the model of all data in one place, which has no noise. Both can be left out (`withheld`); then no fork can
start from it. What else is in it has no noise either, and is said to be there: losses, lengths of updates,
right answers.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from engine import arrays, events
from engine.baselines import Baselines
from engine.data.federation import Scaling, Summary
from engine.errors import DataError, RunError
from engine.events import Event
from engine.metrics import HospitalScores, Score
from engine.privacy.ledger import Entry
from engine.privacy.plan import Plan
from engine.privacy.section import Privacy
from engine.scenario import Scenario
from engine.stages.memory import Remembered
from engine.state import State
from engine.version import __version__
from engine.wire import Kind, Traffic

FORMAT = 1
_NUMBERS = "biuf"  # kinds of arrays: truth values, whole numbers, floating point
_ARRAYS = {arrays.Flags: "b", arrays.Ints: "iu", arrays.Floats: "f", arrays.Bytes: "u"}
_WARNING = "holds hospitals' updates; with the seed the noise can be removed"
_OF_OWN_DATA = (
    "holds the seed, with which the noise can be removed, and the model of all data in one place, which"
    " has none; hospitals' updates; their scales, losses, lengths and right answers without noise: hand"
    " it to nobody"
)
_WITHHELD = (
    "the seed and the model of all data in one place are left out; holds hospitals' updates as they were"
    " sent, and their scales, losses, lengths and right answers without noise"
)
_VALUES: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        *(getattr(events, name) for name in dir(events)),
        *(
            Baselines,
            Entry,
            HospitalScores,
            Plan,
            Remembered,
            Scaling,
            Score,
            State,
            Summary,
            Traffic,
        ),
    )
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}


_DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


class Recorder:
    """Writes events to a new file, or to an empty one; what is there is never overwritten.

    Args:
        own_data: Whether the patients are somebody's own, so that the first line says what that means.
        withheld: Leave out the seed, and the model of all data in one place.
    """

    def __init__(self, path: Path, own_data: bool = False, withheld: bool = False) -> None:
        self.path, self.withheld = path, withheld
        self.begun = False
        if os.path.isfile(path) and os.path.getsize(path) > 0:
            raise DataError(f"{path}: it exists already; choose another file for --record.")
        try:
            self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError as error:
            raise DataError(
                f"{path}: cannot be written ({error.strerror}); choose another file for --record."
            ) from None
        if os.path.isfile(path):
            self._own()
        warning = _WITHHELD if withheld else _OF_OWN_DATA if own_data else _WARNING
        self._line({"fedtui": FORMAT, "version": __version__, "warning": warning})

    def _own(self) -> None:
        """Let nobody else read it; a file that is somebody else's cannot be kept from them."""
        if os.fstat(self.descriptor).st_uid != os.geteuid():
            os.close(self.descriptor)
            raise DataError(
                f"{self.path}: it is somebody else's file; choose another for --record."
            )
        os.fchmod(self.descriptor, 0o600)

    def add(self, event: Event) -> None:
        """Write one event.

        Raises:
            RunError: The disk is full, or the file cannot be written any more.
        """
        self._line(_without_secrets(_plain(event)) if self.withheld else _plain(event))
        self.begun = self.begun or isinstance(event, events.RunStarted)
        if isinstance(event, events.RoundFinished) and self.path.is_file():
            os.fsync(self.descriptor)

    def close(self) -> None:
        """End the file; that of a run which never began is taken away again."""
        os.close(self.descriptor)
        if not self.begun and self.path.is_file():
            self.path.unlink()

    def _line(self, value: Any) -> None:
        left = memoryview((json.dumps(value, separators=(",", ":")) + "\n").encode())
        try:
            while left:
                left = left[os.write(self.descriptor, left) :]
        except OSError as error:
            raise RunError(
                f"{self.path}: cannot be written any more ({error.strerror}); what was written"
                " before can be replayed."
            ) from None


def read(path: Path) -> Iterator[Event]:
    """The events in a recording, up to a torn last line.

    Raises:
        DataError: No such file, no recording, one of a later version, or a line damaged in the middle.
    """
    try:
        file = path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path.") from None
    with file:
        _check_head(path, file.readline())
        for number, line in enumerate(file, start=2):
            try:
                yield _event(json.loads(line))
            except _DAMAGED:
                if line.endswith("\n"):
                    raise DataError(
                        f"{path}: line {number} is damaged; what came before it can be replayed"
                        " from a copy that ends there."
                    ) from None
                return  # torn: the writer was stopped in the middle of this line


def _check_head(path: Path, line: str) -> None:
    try:
        head = json.loads(line)
        version = head["fedtui"]
    except _DAMAGED:
        raise DataError(
            f"{path}: line 1 is not the head of a recording; `fedtui run --record FILE` makes one."
        ) from None
    if version != FORMAT:
        raise DataError(
            f"{path}: this is recording format {version}, and this version reads {FORMAT}; update fedtui."
        )


def _event(plain: Any) -> Event:
    event = _value(plain)
    if not isinstance(event, Event):
        raise TypeError("no event")
    return event


def _plain(value: Any) -> Any:
    """A value as JSON; anything that JSON does not have is a one-key mapping that begins with $."""
    match value:
        case np.ndarray():
            return {"$array": value.dtype.str, "shape": value.shape, "values": _numbers(value)}
        case np.generic():
            return _plain(value.item())
        case float() if value != value or value in (float("inf"), float("-inf")):
            return {"$float": repr(value)}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case Scenario():
            return {"$Scenario": _plain(value.given)}
        case Privacy():
            return {"$Privacy": value.as_dict()}
        case tuple():
            return {"$tuple": [_plain(item) for item in value]}
        case Mapping():
            return {str(int(k)) if isinstance(k, Kind) else k: _plain(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        fields.pop("prepared", None)
        return {f"${type(value).__name__}": {k: _plain(v) for k, v in fields.items()}}
    return value


def _without_secrets(plain: Any) -> Any:
    """A value as JSON without the seed, wherever it stands, and without a pooled model's numbers."""
    if isinstance(plain, list):
        return [_without_secrets(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    match plain:
        case {"$Scenario": given}:
            return {"$Scenario": {key: value for key, value in given.items() if key != "seed"}}
        case {"$State": fields}:  # its basis names the seed as well
            plain = {"$State": {**fields, "basis": ""}}
        case {"$Baselines": fields}:
            unknown = np.full(fields["pooled_params"]["shape"], np.nan)
            plain = {"$Baselines": {**fields, "pooled_params": _plain(unknown)}}
    return {key: _without_secrets(value) for key, value in plain.items()}


def _numbers(array: np.ndarray) -> list[Any]:
    """Flat plain numbers; Python writes a float64 so that it reads back bit for bit."""
    flat = array.ravel().tolist()
    return flat if np.all(np.isfinite(array)) else [_plain(item) for item in flat]


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    tag = next(iter(plain), "")
    if not tag.startswith("$"):
        return {key: _value(item) for key, item in plain.items()}
    content = plain[tag]
    match tag:
        case "$array":
            return _array(content, _value(plain["values"]), plain["shape"])
        case "$float":
            return float(content)
        case "$bytes":
            return base64.b64decode(content)
        case "$tuple":
            return tuple(_value(item) for item in content)
        case "$Scenario":
            return Scenario.from_dict(_value(content))
        case "$Privacy":
            return Privacy.build(_value(content))
    fields = {key: _value(item) for key, item in content.items()}
    if tag == "$Traffic":
        fields = {name: {Kind(int(k)): v for k, v in m.items()} for name, m in fields.items()}
    kind = _VALUES[tag[1:]]
    for name, value in fields.items():
        if not _is_a(value, _types(kind)[name]):
            raise TypeError(f"{tag}: {name}")
    return kind(**fields)


def _array(kind: str, values: list[Any], shape: list[int]) -> np.ndarray:
    """An array of plain numbers; nothing else has a say in how much memory a file takes."""
    dtype = np.dtype(kind)
    if dtype.kind not in _NUMBERS:
        raise TypeError("no array of numbers")
    return np.array(values, dtype).reshape(shape)


@cache
def _types(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind, None, {**_VALUES, "Scenario": Scenario})


def _is_a(value: Any, hint: Any) -> bool:
    """Whether a value is what the field of an event is declared to be; arrays by what they hold."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_is_a(value, each) for each in args)
    if hint in _ARRAYS:
        return isinstance(value, np.ndarray) and value.dtype.kind in _ARRAYS[hint]
    if origin is tuple and isinstance(value, tuple):
        return all(map(_is_a, value, args[:1] * len(value) if args[-1] is Ellipsis else args))
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return hint is Any or isinstance(value, origin or hint)
