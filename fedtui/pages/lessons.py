"""The lessons: the steps of the first one, which are done, which is now."""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Said, Table

Step = tuple[str, bool, bool]  # what to do, done, now
_STEPS = (Column(), Column(right=True, style="dim"), Column(wraps=True))


def content(steps: Sequence[Step]) -> list[Block]:
    """The page."""
    rows = [_row(number, step) for number, step in enumerate(steps, 1)]
    done = sum(done for _, done, _ in steps)
    finished = done == len(steps) and steps
    return [
        Heading(say.LESSON_0),
        Said(say.LESSON_DONE if finished else say.lesson_at(done, len(steps))),
        Table(_STEPS, tuple(rows)),
        Said(""),
        Said(say.LESSON_STARTS, "dim"),
    ]


def _row(number: int, step: Step) -> tuple[Cell, ...]:
    title, done, now = step
    mark: Cell = ("✓", "accent") if done else ("▸", "bright") if now else ("·", "dim")
    style = "bright" if now and not done else "dim" if done else "text"
    return mark, f"{number}", (title, style)
