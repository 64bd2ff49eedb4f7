"""Cells, glyphs and canvases: nothing shifts a row, nothing leaves the screen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fedtui.lab import glyphs
from fedtui.lab.canvas import Canvas, changes
from fedtui.lab.cells import clusters, first_fit, fit, spread, width, wrap
from fedtui.safe import safe

NASTY = [
    "[bold red]St. Mary[/]",
    "\x1b[31mred\x1b[0m",
    "two\nlines\ttab",
    "東京大学病院",
    "👩‍⚕️ clinic 🇩🇪 ✈️",
    "Z͑ͫa̴l̷g̸o" * 3,
    "\u202ereversed",
    "A" * 300,
    "",
    " ",
]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
COLUMNS = (glyphs.UNICODE, glyphs.BLOCK, glyphs.ASCII)


@given(TEXTS)
def test_safe_text_cannot_move_a_cursor(text: str) -> None:
    shown = safe(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert safe(shown) == shown


def test_markup_and_escapes_are_shown_as_they_stand() -> None:
    assert safe("[bold]x[/]") == "[bold]x[/]"
    assert safe("a\x1b[31m\nb") == "a␛[31m␊b"


@given(TEXTS)
def test_our_width_is_the_terminals(text: str) -> None:
    assert width(safe(text)) == cell_len("".join(piece for piece, _ in clusters(safe(text))))


@given(TEXTS, st.integers(0, 30))
def test_a_fitted_text_fits(text: str, cells: int) -> None:
    assert width(fit(safe(text), cells)) <= cells
    assert width(first_fit(cells, safe(text), "short")) <= cells


@given(TEXTS, TEXTS, st.integers(0, 40))
def test_two_ends_fill_the_room_exactly(left: str, right: str, cells: int) -> None:
    assert width(spread(safe(left), safe(right), cells)) == cells


@given(st.lists(TEXTS, max_size=8), st.integers(1, 30), st.integers(1, 5))
def test_wrapped_lines_fit(words: list[str], cells: int, lines: int) -> None:
    rows = wrap(safe(" ".join(words)), cells, lines)
    assert len(rows) <= lines
    assert all(width(row) <= cells for row in rows)


def test_wrapping_loses_no_word_that_has_room() -> None:
    text = "B sent 60 bytes: 11 numbers under masks it shares with A, C and D."
    assert " ".join(wrap(text, 20, 9)) == text
    assert wrap(text, 20, 2)[-1].endswith("…")


# Glyphs


@pytest.mark.parametrize("column", COLUMNS, ids=lambda g: g.column)
def test_every_glyph_is_one_cell_wide(column: glyphs.Glyphs) -> None:
    assert {name: cell_len(glyph) for name, glyph in column.table.items()} == dict.fromkeys(
        column.table, 1
    )


def test_the_ascii_column_is_ascii_and_the_block_column_is_a_consoles() -> None:
    assert all(glyph.isascii() for glyph in glyphs.ASCII.table.values())
    console = {*map(chr, range(0x20, 0x7F)), *"•○♦▲►×■√─│┌┐└┘┬┴├┤▓▒░║·~+:"}
    assert set(glyphs.BLOCK.table.values()) <= console


def test_what_travels_looks_different_in_every_column() -> None:
    for column in COLUMNS:
        marks = [
            column[name] for name in ("model", "update", "key", "masked", "noised", "small", "lost")
        ]
        assert len(set(marks)) == len(marks)


@given(TEXTS)
def test_an_ascii_canvas_holds_ascii_whatever_it_is_given(text: str) -> None:
    canvas = Canvas(20, 1, glyphs.ASCII)
    canvas.put(0, 0, safe(text))
    assert canvas.text.isascii()
    assert len("".join(cell.char for cell in canvas.rows[0])) == 20


@pytest.mark.parametrize(
    ("ascii", "terminal", "column"),
    [(True, "xterm", "ascii"), (False, "linux", "block"), (False, "xterm-256color", "unicode")],
)
def test_the_terminal_chooses_the_column(ascii: bool, terminal: str, column: str) -> None:
    assert glyphs.choose(ascii, terminal).column == column


# Canvases


@given(st.lists(st.tuples(st.integers(-5, 25), st.integers(-2, 5), TEXTS), max_size=12))
def test_whatever_is_put_where_rows_keep_their_width(puts: list[tuple[int, int, str]]) -> None:
    canvas = Canvas(20, 4)
    for x, y, text in puts:
        canvas.put(x, y, safe(text))
    for y in range(4):
        assert sum(width(text) for text, _ in canvas.runs(y)) == 20
        for cut in range(21):
            left = sum(width(text) for text, _ in canvas.runs(y, 0, cut))
            assert left == cut


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 3), TEXTS), max_size=6),
       st.lists(st.tuples(st.integers(0, 19), st.integers(0, 3), TEXTS), max_size=6))  # fmt: skip
def test_the_changed_spans_and_no_others_turn_the_old_into_the_new(
    first: list[tuple[int, int, str]], second: list[tuple[int, int, str]]
) -> None:
    old, new = Canvas(20, 4), Canvas(20, 4)
    for x, y, text in first:
        old.put(x, y, safe(text))
        new.put(x, y, safe(text))
    for x, y, text in second:
        new.put(x, y, safe(text))
    for y, left, right in changes(old, new):
        assert old.rows[y][left:right] != new.rows[y][left:right]
        old.rows[y][left:right] = new.rows[y][left:right]
    assert old.rows == new.rows


def test_a_moved_packet_changes_two_cells_and_not_the_picture() -> None:
    old, new = Canvas(80, 10), Canvas(80, 10)
    old.put(40, 3, "▲")
    new.put(40, 4, "▲")
    assert [(s.y, s.right - s.left) for s in changes(old, new)] == [(3, 1), (4, 1)]
