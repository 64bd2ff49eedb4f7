"""The help: what the view below is, every key, what the signs are, and the field's words for ours."""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Column, Heading, Said, Table

_PAIR = (Column(style="key"), Column(wraps=True))
_TERMS = (Column("here", style="bright"), Column("in the field"), Column(wraps=True, style="dim"))

Keys = Sequence[tuple[str, str]]  # as shown, what it does


def content(view: str, keys: Keys, signs: Keys, now: Sequence[str] = ()) -> list[Block]:
    """The page, over the view called `view`; "" is the lab, which may have cut what is said `now`."""
    full: list[Block] = [Heading(say.NOW_IN_FULL), *map(Said, now)] if now and not view else []
    return [
        Heading(say.HELP_OF.get(view, say.HELP_OF[""])[0]),
        Said(say.HELP_OF.get(view, say.HELP_OF[""])[1]),
        *full,
        Heading("Keys"),
        Table(_PAIR, tuple(keys)),
        Heading("Signs"),
        Table(_PAIR, tuple(signs)),
        Heading("Words"),
        Table(_TERMS, say.TERMS),
    ]
