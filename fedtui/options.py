"""Sentences of the engine, which name settings, told to somebody who has options for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

OPTIONS = {
    "data.hospital_col": "--hospital-col",
    "data.label_col": "--label-col",
    "data.positive": "--positive",
    "data.drop": "--drop",
    "data.separator": "--sep",
    "set data.partition to iid": "add --set data.partition=iid",
}
_NAMES = re.compile("|".join(rf"(?<![\w'.]){re.escape(name)}(?!\w)" for name in OPTIONS))


def with_options(sentence: str) -> str:
    """A sentence with the options of a command in place of the settings they stand for."""
    return _NAMES.sub(lambda found: OPTIONS[found.group()], sentence)


@contextmanager
def told_as_options() -> Iterator[None]:
    """Refusals of the engine that arise within are told in options."""
    from engine.errors import EngineError

    try:
        yield
    except EngineError as error:
        error.args = (with_options(str(error)),)
        raise
