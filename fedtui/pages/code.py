"""The scenario as a code, whole, to be copied by hand where a terminal keeps its clipboard to itself."""

from __future__ import annotations

from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Column, Heading, Said, Table

_A_LINE = 54  # characters


def content(code: str, seedless: bool) -> list[Block]:
    """The page."""
    lines = [code[at : at + _A_LINE] for at in range(0, len(code), _A_LINE)]
    return [
        Heading(say.CODE),
        Said(say.CODE_SENT),
        Said(say.CODE_OPENS),
        *([Said(say.CODE_SEEDLESS, "up")] if seedless else []),
        Said(""),
        Table((Column(style="bright"),), tuple((line,) for line in lines)),
    ]
