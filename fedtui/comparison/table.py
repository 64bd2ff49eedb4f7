"""The comparison for people: a table, what stands in it, a plot, and what the runs had to say."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

import click

from fedtui.comparison import plot, words
from fedtui.comparison.grid import Grid
from fedtui.comparison.outcome import Outcome, notes
from fedtui.comparison.summary import Spread, Summary
from fedtui.lab import glyphs as columns_of_glyphs
from fedtui.lab.glyphs import Glyphs
from fedtui.pages.blocks import Block, Column, Heading, Line, Said, Table, lay
from fedtui.words import budget

_MOST_NOTES = 6
_HEADS = 2  # the line of the table with the columns' heads
_REFERENCES = ("pooled", "alone", "alone_everyone", "majority")
_INK = {
    **{"title": {"bold": True}, "bright": {"bold": True}, "key": {"fg": "white"}},
    **{"dim": {"dim": True}, "faint": {"dim": True}, "frame": {"dim": True}},
    **{"curve": {"fg": "cyan"}, "pooled": {"fg": "blue"}, "alone": {"fg": "yellow"}},
    **{"up": {"fg": "yellow"}, "down": {"fg": "blue"}, "protected": {"fg": "magenta"}},
    **{"lost": {"fg": "red"}},
}


def shown(outcome: Outcome) -> str:
    """All of it for the terminal that standard output is, or as text for a file."""
    wide = max(40, shutil.get_terminal_size((80, 24)).columns)
    glyphs = _glyphs()
    table, drawn = lay(_table(outcome, wide), wide, glyphs), plot.drawn(outcome, wide, glyphs)
    heads = {text.strip() for text, _ in table[_HEADS]}
    told = [*_meaning(outcome, heads), *(Said(f"note: {note}", "dim") for note in _notes(outcome))]
    lines = [*table, (), *drawn, *([()] if drawn else []), *lay(told, wide, glyphs)]
    return "\n".join(_inked(line, glyphs) for line in lines).rstrip() + "\n"


def _glyphs() -> Glyphs:
    """What standard output can show."""
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return columns_of_glyphs.choose(not encoding.startswith("utf"), os.environ.get("TERM", ""))


def _inked(line: Line, glyphs: Glyphs) -> str:
    """A line in the terminal's own colours, of which a pipe gets none."""
    line = tuple(("".join(map(glyphs.plain, text)), style) for text, style in line)
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return "".join(text for text, _ in line).rstrip()
    return "".join(click.style(text, **_INK.get(style, {})) for text, style in line)  # type: ignore[arg-type]


# The table


class _Measure(NamedTuple):
    """A column: its head, whether it gives way first, and what stands in it."""

    head: str
    spare: bool
    told: Callable[[Summary], str]


def _table(outcome: Outcome, wide: int) -> list[Block]:
    grid, summaries = outcome.grid, outcome.summaries
    measures = list(_measures(outcome))
    unhappy = [_unhappy(outcome, number) for number in range(len(grid.rows))]
    numbered = plot.numbered(outcome, wide)
    columns = [Column("row", right=True, style="dim")] if numbered else []
    columns += [Column(head, style="bright") for head in _heads(grid)]
    columns += [Column(m.head, right=True, spare=m.spare) for m in measures]
    if any(unhappy):
        columns.append(Column("", wraps=True, style="lost"))
    rows = [
        (
            *([f"{number}"] if numbered else []),
            *(value.text for value in row.values),
            *(measure.told(summary) for measure in measures),
            *([sentence] if any(unhappy) else []),
        )
        for number, (row, summary, sentence) in enumerate(
            zip(grid.rows, summaries, unhappy, strict=True), 1
        )
    ]
    title = words.headline(grid.title, len(grid.rows), len(grid.seeds))
    return [Heading(title), Said(""), Table(tuple(columns), tuple(rows), words.cut)]


def _heads(grid: Grid) -> list[str]:
    """The settings that are varied; of several, without their sections where that leaves them apart."""
    keys = [axis.key for axis in grid.axes]
    short = [key.rpartition(".")[2] for key in keys]
    return short if len(keys) > 1 and len(set(short)) == len(keys) else keys


def _measures(outcome: Outcome) -> Iterator[_Measure]:
    """The columns after the settings; those at the end give way first."""
    several = len(outcome.grid.rows) > 1
    of = max((r.get("hospitals", 0) for row in outcome.records for r in row), default=0)
    yield _Measure("right, %", False, lambda s: _percent(s.of["accuracy"]))
    if several:
        yield _Measure("difference", False, _difference)
    yield _Measure("AUC", True, lambda s: _number(s.of["auc"], ".3f"))
    if several and len(outcome.grid.seeds) > 1:
        yield _Measure("ahead", True, lambda s: f"{s.won} of {s.paired}" if s.paired else "")
    if outcome.reach is not None:
        head = f"{100 * outcome.reach:g} % in round"
        yield _Measure(head, False, lambda s: _number(s.of.get("reached"), "g", "never"))
    if any(s.of["epsilon"] for s in outcome.summaries) or _private(outcome):
        yield _Measure("ε used", False, lambda s: _epsilon(s.of["epsilon"]))
    if any(s.of["within"] for s in outcome.summaries):
        yield _Measure("within", True, lambda s: _number(s.of["within"], ".3f"))
    if _varied(outcome, "bytes"):
        yield _Measure("sent", True, lambda s: _bytes(s.of["bytes"]))
    yield _Measure("log-loss", True, lambda s: _number(s.of["loss"], ".3f"))
    if any(s.of["brier"] for s in outcome.summaries):
        yield _Measure("Brier", True, lambda s: _number(s.of["brier"], ".3f"))
    if _varied(outcome, "pooled") or _varied(outcome, "alone"):
        yield _Measure("in one place", True, lambda s: _number(s.of["pooled"], ".1%"))
        yield _Measure("alone", True, lambda s: _number(s.of["alone"], ".1%"))
    yield _Measure("weakest", True, lambda s: _number(s.of["worst_accuracy"], ".1%"))
    yield _Measure("better alone", True, lambda s: _losers(s.of["better_alone"], of))


def _private(outcome: Outcome) -> bool:
    return any(record.get("noised") for row in outcome.records for record in row)


def _varied(outcome: Outcome, measure: str) -> bool:
    """Whether rows differ in it."""
    return len({s.of[measure].mean for s in outcome.summaries if s.of[measure]}) > 1  # type: ignore[union-attr]


def _percent(found: Spread | None) -> str:
    return "–" if found is None else f"{100 * found.mean:.1f}{_plus_minus(found)}"


def _difference(summary: Summary) -> str:
    found = summary.difference
    if found is None:
        return ""
    points = round(100 * found.mean, 1) + 0.0
    return f"{points:+.1f}".replace("-", "−") + _plus_minus(found)


def _plus_minus(found: Spread) -> str:
    return "" if found.sd is None else f" ± {100 * found.sd:.1f}"


def _number(found: Spread | None, form: str, missing: str = "–") -> str:
    return missing if found is None else f"{found.mean:{form}}"


def _bytes(found: Spread | None) -> str:
    return "–" if found is None else f"{found.mean / 1000:,.1f} kB"


def _losers(found: Spread | None, of: int) -> str:
    return "–" if found is None else f"{found.mean:.3g} of {of:,}"


def _epsilon(found: Spread | None) -> str:
    return "–" if found is None else budget(found.mean)


def _unhappy(outcome: Outcome, number: int) -> str:
    """What kept a row's runs from their last round; of several the first, and how many there are."""
    row, records = outcome.grid.rows[number], outcome.records[number]
    sentences = [row.refused] if row.refused else []
    for record in records:
        if "error" in record:
            sentences.append(str(record["error"]))
        elif record["stopped"] in words.STOPPED:
            sentences.append(words.STOPPED[record["stopped"]])
    if not sentences:
        return ""
    of = len(records)
    return sentences[0] if of < 2 else words.some(len(sentences), of, sentences[0])


# What stands in it


def _meaning(outcome: Outcome, heads: Container[str]) -> Iterator[Block]:
    """The sentences below, of the columns that there was room for."""
    summaries, seeds = outcome.summaries, len(outcome.grid.seeds)
    if seeds == 1:
        yield Said(words.ONE_SEED, "dim")
    elif len(outcome.grid.rows) > 1:
        text = words.OTHER_DATA if _varied(outcome, "majority") else words.SPREADS
        yield Said(text.format(seeds=seeds), "dim")
    if outcome.reach is not None:
        yield Said(words.REACH, "dim")
    for head, means in words.COLUMNS.items():
        if head in heads:
            yield Said(means, "dim")
    found = next((s for s in summaries if s.of["pooled"]), None)
    if found and not (_varied(outcome, "pooled") or _varied(outcome, "alone")):
        told = [_number(found.of[measure], ".1%", "n/a") for measure in _REFERENCES]
        yield Said(words.references(*told), "dim")
    if _private(outcome):
        yield Said(words.OWN_EPSILON, "dim")


def _notes(outcome: Outcome) -> list[str]:
    found = notes(outcome)
    more = len(found) - _MOST_NOTES
    return found if more <= 0 else [*found[:_MOST_NOTES], words.more_notes(more)]
