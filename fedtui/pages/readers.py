"""Who can read what, whole, and why: each row of the lab's small table with its sentences."""

from __future__ import annotations

from fedtui import words
from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Said, Table
from fedtui.view import View

_READERS = ("server", "other hospitals", "network")
_TABLE = (Column(style="bright"), *(Column(reader) for reader in _READERS))
_WHY = (Column(style="dim"), Column(), Column(wraps=True))
_SWITCHES = (Column(style="bright"), Column(), Column(wraps=True))


def content(view: View) -> list[Block]:
    """The table, why each cell says what it says, and what each switch does to it."""
    if not view.ready:
        return [Heading("Who can read what"), Said(say.NOT_READY)]
    rows = [*words.readers(view), say.MODEL_ROW]
    blocks: list[Block] = [
        Heading("Who can read what"),
        Table(_TABLE, tuple((what, *map(_cell, cells)) for what, *cells in rows)),
        Said(words.readers_note(view), "dim"),
    ]
    for (what, *cells), why in zip(rows, _reasons(view, rows[1][1:]), strict=True):
        told = zip(_READERS, map(_cell, cells), why, strict=True)
        blocks += [Heading(what.capitalize()), Table(_WHY, tuple(told))]
    return [*blocks, Heading("What the switches do to it"), _switches(view)]


def _reasons(view: View, one: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    return [say.why_rows(), say.why_one(view, one), say.why_sum(view), say.why_model(view)]


def _cell(text: str) -> tuple[str, str]:
    """As on the lab: what is open stands out."""
    return text, "text" if text == "no" else "up" if text.startswith("yes") else "protected"


def _switches(view: View) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for section in words.SWITCH_NAMES:
        lit = section in view.switches
        mark = ("on", "protected") if lit else ("off", "dim")
        rows.append((words.SWITCH_NAMES[section], mark, say.switch_does(view, section)))
    return Table(_SWITCHES, tuple(rows))
