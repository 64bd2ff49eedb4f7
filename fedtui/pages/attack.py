"""Attacks on one hospital and what came of them: what was read, beside what is true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fedtui import words
from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Piece, Said, Table
from fedtui.view import View

if TYPE_CHECKING:
    from engine.attacks.case_count import CaseCount
    from engine.attacks.defences import Stand
    from engine.attacks.every import Attacks
    from engine.attacks.membership import Membership
    from engine.attacks.one_patient import Attempt
    from engine.attacks.two_runs import TwoRuns
    from engine.attacks.two_sums import TwoSums

_SHOWN = 48  # bytes of the message
_A_ROW = 16
_STYLES = {"read": "up", "blurred": "text", "hidden": "protected"}  # of an outcome
_RECORD = (
    Column("column"),
    Column(say.HERS, right=True, style="bright"),
    Column(say.READ, right=True),
    Column("off by", right=True, style="dim"),
)
_CASES = (
    Column(),
    Column(say.GUESS, right=True),
    Column(say.TRUTH, right=True, style="bright"),
    Column(),
    Column(wraps=True, style="dim"),
)
_RUNS = (Column(say.RUNS_HEADS[0]), *(Column(head) for head in say.RUNS_HEADS[1:]))
_SUMS = (Column(say.SUMS_HEADS[0]), *(Column(head, right=True) for head in say.SUMS_HEADS[1:]))
_MEMBERS = tuple(Column(head, right=bool(head)) for head in say.MEMBERS_HEADS)
_STOPS = tuple(Column(head) for head in say.STOPS_HEADS)
_BYTES = (Column(style="dim"), Column(style="dim"))


@dataclass(frozen=True, eq=False)
class Attacked:
    """What was tried, and the run it was tried on; None before the first attack.

    `stands` has an entry for every defence tried so far; None for one that cannot be used here.
    """

    view: View
    made: Attacks | None = None
    stands: Sequence[Stand | None] = ()


def content(facts: Attacked) -> list[Block]:
    """The page."""
    made, view = facts.made, facts.view
    if made is None or made.record.hospital >= len(
        view.hospitals.names
    ):  # of a run before this one
        return [Heading("Attack"), Said(say.NO_ATTACK)]
    name = words.name(view, made.record.hospital)
    return [
        Heading(say.attack_heading(name, made.record.round)),
        *_patient(made.record, name),
        *_cases(made.cases, made.cases_at_best),
        *_runs(made.runs, made.runs_at_best),
        *(_sums(made.sums, made.sums_at_best) if made.sums and made.sums_at_best else ()),
        *_members(made.members),
        *_stops(facts.stands),
        *_message(made.record),
    ]


def _patient(attempt: Attempt, name: str) -> list[Block]:
    return [
        Said(say.victim(name, attempt.own_units)),
        _outcome(attempt),
        *(Said(sentence) for sentence in say.outcome_why(attempt)),
        Heading(say.record_heading()),
        Said(say.ONLY_YOU_HERS, "dim"),
        _record(attempt),
        Said(say.units(attempt.own_units), "dim"),
        Said(say.ATTACK_WORKS if attempt.units == 1 else say.ATTACK_WORKS_NETWORK),
        Said(say.OUTCOMES, "dim"),
    ]


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
    told = attempt.guess == attempt.label and attempt.obstacle not in ("masks", "noise")  # a coin
    style = "up" if told else "protected"
    rows.append((say.ANSWER, say.answer(attempt.label), (guess, style), ""))
    return Table(_RECORD, tuple(rows))


def _number(value: float) -> str:
    """A value of a table, whatever its unit."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def _cases(here: CaseCount | None, at_best: CaseCount | None) -> list[Block]:
    if here is None or at_best is None:
        return [Heading(say.CASES), Said(say.CASES_OF_NETWORK)]
    rows = [_count(say.HERE, here), _count(say.AT_BEST, at_best)]
    if here.told:
        rows = [_count(say.SET_UP, here)]
    elif here.certain:
        rows = rows[1:]
    works = Said(say.CASES_TOLD if here.told else say.CASES_WORKS)
    about = [works, Said(say.only_you(say.TRUTH), "dim")]
    return [Heading(say.CASES), *about, Table(_CASES, tuple(rows))]


def _count(when: str, found: CaseCount) -> tuple[Cell, ...]:
    guess = f"{found.estimate:,.0f}" if found.certain else f"{found.estimate:,.1f}"
    guess = say.UNREAD if found.obstacle == "masks" else guess
    reached = _reached(found.outcome)
    why = say.in_the_way(found.obstacle, found.noise_after)
    return when, (guess, reached[1]), f"{found.cases:,} of {found.patients:,}", reached, why


def _runs(here: TwoRuns, at_best: TwoRuns) -> list[Block]:
    rows = tuple(
        (
            when,
            _off(runs.error(runs.paired), runs.outcome),
            _off(runs.error(runs.fresh), runs.outcome_fresh),
        )
        for when, runs in ((say.HERE, here), (say.ONE_STEP, at_best))
    )
    return [
        Heading(say.RUNS),
        Said(say.RUNS_WORKS),
        Said(say.only_you(), "dim"),
        Table(_RUNS, rows),
    ]


def _off(error: float, reached: str) -> Piece:
    return f"{say.spreads(error)} ({reached})", _STYLES[reached]


def _sums(here: TwoSums, at_best: TwoSums) -> list[Block]:
    rows = tuple(
        (when, _part(sums.error(sums.same_model)), _part(sums.error(sums.next_round)))
        for when, sums in ((say.HERE, here), (say.ONE_STEP, at_best))
    )
    return [
        Heading(say.SUMS),
        Said(say.SUMS_WORKS),
        Said(say.only_you(), "dim"),
        Table(_SUMS, rows),
    ]


def _part(error: float) -> Piece:
    return say.part(error), "up" if error <= 0.25 else "protected"


def _members(found: Membership) -> list[Block]:
    low, high = found.interval
    rows = (
        (say.SEEN, f"{100 * found.named_in:.0f} %", f"{found.members:,}"),
        (say.UNSEEN, f"{100 * found.named_out:.0f} %", f"{found.others:,}"),
    )
    return [
        Heading(say.MEMBERS),
        Said(say.MEMBERS_WORKS),
        Said(say.only_you(), "dim"),
        Table(_MEMBERS, rows),
        Said(say.guesses(low, found.advantage, high)),
        Said(say.ceiling(found.epsilon, found.bound, found.allowed)),
    ]


def _stops(stands: Sequence[Stand | None]) -> list[Block]:
    """The table grows while defences are tried."""
    rows: list[tuple[Cell, ...]] = []
    for name, found in zip(say.DEFENCES.values(), stands, strict=False):
        if found is None:
            rows.append((name, *((say.NOT_HERE, "dim") for _ in _STOPS[1:])))
        else:
            reached = (found.record, found.cases, found.one_seed, found.two_seeds)
            rows.append((name, *(_reached(r) if r else (say.NOT_HERE, "dim") for r in reached)))
    table = [Table(_STOPS, tuple(rows))] if rows else []
    left = len(say.DEFENCES) - len(rows)
    going_on = [Said(say.trying(len(rows), len(say.DEFENCES)), "key")] if left else []
    about: list[Block] = [Heading(say.STOPS), Said(say.STOPS_ALONE)]
    return [*about, *table, *going_on, Said(say.STOPS_NOTE, "dim")]


def _reached(outcome: str) -> Piece:
    return str(outcome), _STYLES[outcome]


def _message(attempt: Attempt) -> list[Block]:
    size = len(attempt.message)
    return [
        Heading(say.as_sent(size, min(_SHOWN, size))),
        _hex(attempt.message),
        Said(say.readable(attempt.readers), "dim"),
    ]


def _hex(message: bytes) -> Table:
    """Sixteen bytes a row, with the place of the first."""
    head = message[:_SHOWN]
    rows = [(f"{at:4}", head[at : at + _A_ROW].hex(" "), "") for at in range(0, len(head), _A_ROW)]
    return Table(_BYTES, tuple((place, told) for place, told, _ in rows))
