"""An attack and what came of it: the record that was read from a message, beside the true one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fedtui import words
from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Said, Table
from fedtui.view import View

if TYPE_CHECKING:
    from engine.attacks.one_patient import Attempt

_SHOWN = 48  # bytes of the message
_A_ROW = 16
_RECORD = (
    Column("column"),
    Column(say.HERS, right=True, style="bright"),
    Column(say.READ, right=True),
    Column("off by", right=True, style="dim"),
)
_BYTES = (Column(style="dim"), Column(style="dim"))


@dataclass(frozen=True, eq=False)
class Attacked:
    """An attempt, and the run it was made on; None where none was made."""

    view: View
    attempt: Attempt | None = None


def content(facts: Attacked) -> list[Block]:
    """The page."""
    attempt, view = facts.attempt, facts.view
    if attempt is None or attempt.hospital >= len(view.hospitals.names):  # of a run before this one
        return [Heading("Attack"), Said(say.NO_ATTACK)]
    name = words.name(view, attempt.hospital)
    blocks: list[Block] = [
        Heading(say.attack_heading(name, attempt.round)),
        Said(say.victim(name, attempt.own_units)),
        _outcome(attempt),
        *(Said(sentence) for sentence in say.outcome_why(attempt)),
        Heading(say.record_heading()),
        Said(say.ONLY_YOU_HERS, "dim"),
        _record(attempt),
        Said(say.units(attempt.own_units), "dim"),
        Heading(say.as_sent(len(attempt.message), min(_SHOWN, len(attempt.message)))),
        _hex(attempt.message),
        Said(say.readable(attempt.readers), "dim"),
        Heading("How it works"),
        Said(say.ATTACK_WORKS),
        Said(say.STOPPED_BY),
    ]
    return blocks


def _outcome(attempt: Attempt) -> Said:
    if attempt.succeeded:
        return Said(say.SUCCEEDED, "up")
    return Said(say.CLOSE, "up") if attempt.close else Said(say.FAILED, "protected")


def _record(attempt: Attempt) -> Table:
    rows: list[tuple[Cell, ...]] = []
    columns = zip(attempt.columns, attempt.true, attempt.recovered, attempt.errors, strict=True)
    for column, true, read, error in columns:
        style = "up" if error <= 0.25 else "protected"
        rows.append((column, _number(true), (_number(read), style), say.spreads(float(error))))
    guess = say.answer(attempt.guess)
    told = attempt.guess == attempt.label and attempt.readers  # under masks it is a coin toss
    style = "up" if told else "protected"
    rows.append((say.ANSWER, say.answer(attempt.label), (guess, style), ""))
    return Table(_RECORD, tuple(rows))


def _number(value: float) -> str:
    """A value of a table, whatever its unit."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def _hex(message: bytes) -> Table:
    """Sixteen bytes a row, with the place of the first."""
    head = message[:_SHOWN]
    rows = [(f"{at:4}", head[at : at + _A_ROW].hex(" "), "") for at in range(0, len(head), _A_ROW)]
    return Table(_BYTES, tuple((place, told) for place, told, _ in rows))
