"""The hospitals: how many patients, what each gets right alone and together, who gains by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fedtui import words
from fedtui.pages import words as say
from fedtui.pages.blocks import Bar, Block, Cell, Column, Heading, Said, Table
from fedtui.pages.rows import begun, few
from fedtui.view import View

if TYPE_CHECKING:
    from fedtui.described import Described

ALL, SOME = 20, 12  # hospitals that all have a row; rows where there are more


def content(
    view: View, chosen: int = 0, told: Described | None = None, recorded: bool = False
) -> list[Block]:
    """The page; of very many hospitals the first stand on it, and the chosen one.

    Args:
        view: What is on the screen.
        chosen: The hospital that is in front.
        told: How the hospitals differ, once it has been worked out.
        recorded: Whether it never will be: a recording holds no patients.
    """
    if not view.ready:
        return [Heading(say.DATA), Said(say.NOT_READY)]
    h = view.hospitals
    everyone = np.arange(len(h))
    shown = few(everyone, chosen, len(h) if len(h) <= ALL else SOME)
    rates = view.positive_rate is not None
    rows = [_row(view, int(i), chosen) for i in shown]
    if rest := len(h) - len(shown):
        rows.append((say.more(rest), *[""] * (len(rows[0]) - 1)))
    heads = [
        Column(""),
        Column("patients", right=True),
        *([Column("yes", right=True, spare=True)] if rates else []),
        Column("vote", right=True),
        Column("unseen", right=True),
        Column("alone", right=True, style="alone"),
        Column("", style="alone", spare=True),
        Column("together", right=True, style="curve"),
        Column("", style="curve", spare=True),
    ]
    notes = [*([Said(say.RATE, "dim")] if rates else []), Said(say.SIDE_BY_SIDE, "dim")]
    return [
        Heading(say.DATA),
        Table(tuple(heads), tuple(rows)),
        *notes,
        *_winners(view),
        *_differences(told, chosen, recorded),
        *_whole(view),
    ]


def _differences(told: Described | None, chosen: int, recorded: bool) -> list[Block]:
    if told is None:
        text = say.NO_PATIENTS_HERE if recorded else say.BEING_MEASURED
        return [Heading(say.DIFFERENCES), Said(text, "dim")]
    from fedtui.pages import differences  # the first data page loads it

    return [
        *differences.done(told),
        *differences.kinds(told),
        *differences.picture(told, chosen),
        *differences.crossed(told, chosen),
        *differences.columns(told, chosen),
    ]


def gained(view: View) -> list[int]:
    """Right answers won by working together, of each hospital; empty before round 1 has ended."""
    together = view.hospitals.together
    return [] if together is None else (together - view.hospitals.alone).tolist()


def _row(view: View, i: int, chosen: int) -> tuple[Cell, ...]:
    h = view.hospitals
    unseen, alone = int(h.held_out[i]), int(h.alone[i])
    together = None if h.together is None else int(h.together[i])
    rate = [] if view.positive_rate is None else [f"{100 * view.positive_rate[i]:.0f} %"]
    vote = f"{100 * h.share[i]:.1f} %" if begun(view) and h.drawn[i] else "–"
    return (
        (words.name(view, i), "chosen" if i == chosen else "text"),
        f"{h.patients[i]:,}",
        *rate,
        vote,
        f"{unseen:,}",
        f"{alone:,}",
        Bar(alone, unseen, "alone"),
        "–" if together is None else f"{together:,}",
        "" if together is None else Bar(together, unseen, "curve"),
    )


def _winners(view: View) -> list[Block]:
    won = gained(view)
    if not won:
        return [Said(say.BEFORE_FIRST, "dim")]
    return [Heading(say.WINNERS), *verdict(view, won), Said(say.CHANCE, "dim")]


def verdict(view: View, won: list[int]) -> list[Said]:
    """Who gains, who loses, for whom it is the same; `won` right answers of each hospital."""
    up = [words.letter(i) for i, more in enumerate(won) if more > 0]
    down = [words.letter(i) for i, more in enumerate(won) if more < 0]
    same = say.unchanged(len(won) - len(up) - len(down))
    return [
        Said(say.gains(up, "gain")),
        Said(say.gains(down, "lose"), "text"),
        *([Said(same, "dim")] if same else []),
    ]


def _whole(view: View) -> list[Block]:
    """All held-out patients together, by each way to learn."""
    of = view.held_out
    rows: list[tuple[Cell, ...]] = []
    last = view.points[-1].correct if view.points else None
    for told, correct, style in (
        ("all data in one place", view.pooled, "pooled"),
        ("together", last, "curve"),
        ("each one alone", view.alone, "alone"),
        ("always the commoner answer", view.majority, "dim"),
    ):
        if correct is not None:
            share = words.percent(correct, of)
            rows.append((
                (told, style), f"{correct:,}", (f"of {of:,}", "dim"), share, Bar(correct, of, style)
            ))  # fmt: skip
    columns = (Column(), Column(right=True), Column(), Column(right=True), Column())
    return [Heading("All unseen patients"), Table(columns, tuple(rows))]
