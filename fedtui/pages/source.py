"""A source of patients on paper: what `fedtui data NAME` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.data.source import letter
from fedtui.described import Described
from fedtui.lab.glyphs import Glyphs
from fedtui.pages import differences
from fedtui.pages import words as say
from fedtui.pages.blocks import Bar, Block, Cell, Column, Heading, Said, Table, lay, plain

MOST = 30  # hospitals with a row each


def paper(told: Described, source: str, wide: int, glyphs: Glyphs) -> str:
    """Everything there is to tell, as lines of at most `wide` cells."""
    text = plain(lay(content(told, source), wide, glyphs))
    return "".join(char if char == "\n" else glyphs.plain(char) for char in text)


def content(told: Described, source: str) -> list[Block]:
    """Everything there is to tell."""
    patients, names = int(told.sizes.sum()), told.summary.names
    source = Path(source).name or source
    return [
        Heading(say.source_heading(source, patients, len(names), len(told.summary.features))),
        *(_hospitals(told) if len(names) <= MOST else _quantiles(told)),
        *differences.done(told),
        *differences.kinds(told),
        *differences.columns(told),
        *differences.crossed(told, right=True),
        *differences.picture(told),
    ]


def _heads(first: Sequence[Column], gaps: bool) -> tuple[Column, ...]:
    return (
        *first,
        *(Column(head, right=True) for head in ("patients", "train", "unseen", "yes")),
        *([Column("missing", right=True)] if gaps else []),
    )


def _hospitals(told: Described) -> list[Block]:
    about, gaps = told.summary, told.missing
    heads = (*_heads((Column(""), Column("hospital")), bool(gaps.any())), Column(spare=True))
    rows: list[tuple[Cell, ...]] = []
    for i, name in enumerate(about.names):
        rate = float(about.positive_rate[i])
        rows.append(
            (
                letter(i),
                name,
                f"{told.sizes[i]:,}",
                f"{about.train_sizes[i]:,}",
                f"{about.test_sizes[i]:,}",
                f"{100 * rate:.1f} %",
                *([f"{gaps[i]:,}"] if gaps.any() else []),
                Bar(rate, 1.0),
            )
        )
    return [Table(heads, tuple(rows))]


def _quantiles(told: Described) -> list[Block]:
    """Of many hospitals: each number's least, quarters and most."""
    about, gaps = told.summary, told.missing
    counts = [told.sizes, about.train_sizes, about.test_sizes]
    parts = [np.quantile(each, np.linspace(0, 1, 5)) for each in counts]
    rates = np.quantile(about.positive_rate, np.linspace(0, 1, 5))
    missing = [np.quantile(gaps, np.linspace(0, 1, 5))] if gaps.any() else []
    rows = tuple(
        (
            name,
            *(f"{part[i]:,.0f}" for part in parts),
            f"{100 * rates[i]:.1f} %",
            *(f"{part[i]:,.0f}" for part in missing),
        )
        for i, name in enumerate(say.QUANTILES)
    )
    return [
        Table(_heads((Column(""),), bool(missing)), rows),
        Said(say.hospitals_some(len(about.names)), "dim"),
    ]
