"""How hospitals differ: four kinds in words, the columns, each model elsewhere, a picture.

Parts of the data page and of `fedtui data`, which lays the same blocks out on paper.
"""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.source import letter
from engine.heterogeneity import Degree
from fedtui.described import Described
from fedtui.pages import scatter
from fedtui.pages import words as say
from fedtui.pages.blocks import Bar, Block, Cell, Column, Heading, Picture, Said, Table
from fedtui.pages.rows import few

MOST = 12  # hospitals across the matrix, columns down the table
ACROSS = 5  # hospitals beside each column
_STYLES = {"very": "up", "some": "bright", "a little": "dim", "no": "dim", "n/a": "faint"}
_DONE = (Column(style="dim"), Column(wraps=True))
_KINDS = (
    Column(say.KIND_HEADS[0]),
    Column(say.KIND_HEADS[1]),
    Column(say.KIND_HEADS[2], right=True, style="bright"),
    Column(say.KIND_HEADS[3], right=True, style="dim"),
    Column(say.KIND_HEADS[4], wraps=True, style="dim"),
)


def done(told: Described) -> list[Block]:
    """What was done to the table, with every note in full; nothing of a source that is as it was."""
    lines = say.report_lines(told.report)
    if not lines and not told.notes:
        return []
    table = [Table(_DONE, tuple(lines.items()))] if lines else []
    return [Heading(say.DONE), *table, *(Said(note) for note in told.notes)]


def kinds(told: Described) -> list[Block]:
    """The four kinds of difference, and the notebook's score beside them."""
    found = told.differences
    rows = tuple(_kind(told, kind, degree) for kind, degree in found.degrees.items())
    missed = [
        f"{say.KINDS[kind]} ({degree.word})"
        for kind, degree in found.degrees.items()
        if kind != "label" and degree.word in ("some", "very")
    ]
    return [
        Heading(say.DIFFERENCES),
        Table(_KINDS, rows),
        Said(say.KINDS_READ, "dim"),
        *([Said(say.MAY_BE_COLUMNS)] if _may_be_columns(told) else []),
        Said(say.notebook_score(found.notebook_score) + say.notebook_misses(missed)),
    ]


def _kind(told: Described, kind: str, degree: Degree) -> tuple[Cell, ...]:
    value = "–" if degree.value is None else f"{max(0.0, degree.value):.2f}"
    chance = f"{degree.limit:.2f}" if degree.limit and degree.value is not None else "–"
    found = {
        "label": _label,
        "quantity": _quantity,
        "covariate": _covariate,
        "concept": _concept,
    }[kind](told)
    word = say.degree(degree)
    return say.KINDS[kind], (word, _STYLES[word]), value, chance, found


def _may_be_columns(told: Described) -> bool:
    """Whether a difference in meaning may be one in the columns."""
    found = told.differences.degrees
    return bool(found["covariate"].beyond and found["concept"].beyond)


def _label(told: Described) -> str:
    rates = told.summary.positive_rate
    return say.label_found(float(rates.min()), float(rates.max()))


def _quantity(told: Described) -> str:
    sizes = told.sizes
    return say.quantity_found(
        int(sizes.min()), int(sizes.max()), told.differences.effective, len(sizes)
    )


def _covariate(told: Described) -> str:
    found = told.differences.covariate
    if found.degree.value is None:
        return say.concept_missing(1)
    column = int(np.argmax(found.columns))
    shares = np.sqrt(told.sizes) * np.abs(found.apart[:, column])
    hospital = int(np.argmax(shares))
    name = told.summary.features[column]
    return say.covariate_found(name, letter(hospital), float(found.apart[hospital, column]))


def _concept(told: Described) -> str:
    crossed = told.differences.concept
    if crossed.degree.value is None:
        return say.concept_missing(len(told.sizes))
    own, others = crossed.means
    return say.concept_found(own, others)


def columns(told: Described, chosen: int = 0) -> list[Block]:
    """Every column, those that differ most first where there are many."""
    found, measured = told.differences.covariate, told.differences.measured
    names = told.summary.features
    order = np.arange(len(names))
    if len(names) > MOST:
        order = np.argsort(-found.columns, kind="stable")[:MOST]
    hospitals = len(told.sizes) if len(told.sizes) <= ACROSS else 0
    missing = told.gaps
    most = max(1.0, float(found.columns.max(initial=0)))
    heads = (
        Column("column"),
        Column("least", right=True),
        Column("most", right=True),
        *([Column("missing", right=True)] if missing else []),
        Column("apart", right=True, style="bright"),
        *(Column(letter(i), right=True, spare=True, style="dim") for i in range(hospitals)),
        Column(spare=True),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            names[i],
            scatter.digits(float(measured.least[i])),
            scatter.digits(float(measured.most[i])),
            *([f"{missing[names[i]]:,}"] if missing else []),
            f"{found.columns[i]:.2f}",
            *(_signed(float(found.apart[k, i]), k == chosen) for k in range(hospitals)),
            Bar(float(found.columns[i]), most),
        )
        for i in order
    ]
    if rest := len(names) - len(order):
        rows.append((say.more(rest), *[""] * (len(heads) - 1)))
    table = Table(heads, tuple(rows), say.hospitals_cut)
    return [Heading(say.COLUMNS), table, Said(say.COLUMNS_READ, "dim")]


def _signed(value: float, chosen: bool) -> Cell:
    """A difference with its sign, and none where it rounds to nothing."""
    text = f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"
    return text.replace("-", scatter.MINUS), "text" if chosen else "dim"


def crossed(told: Described, chosen: int = 0, *, right: bool = False) -> list[Block]:
    """Each hospital's model on each other's patients; of many hospitals, the first and the chosen.

    With `right` the right answers stand below it.
    """
    found = told.differences.concept
    hospitals = found.hospitals
    if len(told.sizes) < 2:
        return []
    shown = _among(hospitals, chosen)
    some = say.crossed_some(len(shown), len(hospitals), len(told.sizes))
    none = np.isnan(found.area[np.ix_(shown, shown)])
    table = [_matrix(found.area, hospitals, shown, chosen)] if not none.all() else []
    answers: list[Block] = [
        Heading(say.RIGHT_CROSSED),
        _matrix(_shares(found.correct, found.patients), hospitals, shown, chosen),
        Said(say.RIGHT_READ, "dim"),
    ]
    return [
        Heading(say.CROSSED),
        *([Said(some, "dim")] if some else []),
        *table,
        *([Said(say.CROSSED_NONE, "dim")] if none.any() else []),
        Said(say.CROSSED_READ, "dim"),
        *(answers if right else []),
    ]


def _shares(correct: Ints, patients: Ints) -> Floats:
    """Parts of right answers, (k, k); nan where a hospital has no unseen patients."""
    shares = np.full(correct.shape, np.nan)
    seen = np.broadcast_to(patients > 0, correct.shape)
    np.divide(correct, patients, out=shares, where=seen)
    return shares


def _matrix(values: Floats, hospitals: Ints, shown: Ints, chosen: int) -> Table:
    """Some rows and columns of (k, k) parts, in hundredths."""
    names = {i: letter(int(hospitals[i])) for i in shown}
    rows = tuple(
        (
            (names[i], "chosen" if hospitals[i] == chosen else "text"),
            *(_hundredths(float(values[i, j]), i == j) for j in shown),
        )
        for i in shown
    )
    heads = (Column(f"{name:>3}", right=True) for name in names.values())  # of one width: 100
    return Table((Column(), *heads), rows)


def _among(hospitals: Ints, chosen: int) -> Ints:
    """Places in the matrix: the first dozen, and that of the chosen hospital if it is in it."""
    at = np.flatnonzero(hospitals == chosen)
    return few(np.arange(len(hospitals)), int(at[0]) if len(at) else 0, MOST)


def _hundredths(part: float, own: bool) -> Cell:
    if math.isnan(part):
        return "–", "faint"
    return f"{100 * part:.0f}", "accent" if own else "text" if part > 0.5 else "up"


def picture(told: Described, chosen: int = 0) -> list[Block]:
    """Patients in the two columns in which hospitals differ most."""
    cloud = told.differences.cloud
    if cloud is None:
        return []
    hospitals = len(told.sizes)
    names = tuple(told.summary.features[i] for i in cloud.columns)
    read = say.cloud_of_many if hospitals > scatter.LETTERS else say.cloud_read
    return [
        Heading(say.PICTURE),
        Picture(lambda wide, glyphs: scatter.lines(cloud, names, hospitals, chosen, wide, glyphs)),
        Said(read(letter(chosen)), "dim"),
    ]
