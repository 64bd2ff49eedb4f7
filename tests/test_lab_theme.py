"""Palettes: every style in each, legible, told apart; what a canvas holds is a name."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from rich.style import Style
from textual.widget import Widget

from engine import Scenario, simulate
from fedtui.lab import glyphs, palettes, theme
from fedtui.lab.app import LabApp, Manner
from fedtui.lab.lab import Lab
from fedtui.lab.scene import scene
from fedtui.lab.shot import PLOTS, Shot
from fedtui.lab.theme import ANSI, FEDTUI, LIGHT, OKABE, PALETTES, Palette
from fedtui.lab.widgets import Drawn
from fedtui.player import Player
from tests.builders import small
from tests.lab import Bench, lab
from tests.test_lab_scene import CROWD, PROTECTED, at

COLOURED = [palette for palette in PALETTES if palette.background]
DRAWN = ("frame",)  # lines, not words
QUIET = ("faint",)


def luminance(style: Style, *, ground: bool = False) -> float:
    """Relative luminance as WCAG 2 defines it."""
    colour = style.bgcolor if ground else style.color
    assert colour is not None

    def linear(part: int) -> float:
        value = part / 255
        return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = map(linear, colour.get_truecolor())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES, ids=lambda p: p.name)
def test_every_palette_has_every_style_and_a_ground(palette: Palette) -> None:
    for name in palettes.STYLES:
        style = palette.style(name)
        assert style.bgcolor is not None
        assert style.color is not None or palette is ANSI
    with pytest.raises(KeyError):
        palette.style("no such style")


@pytest.mark.parametrize("palette", COLOURED, ids=lambda p: p.name)
@pytest.mark.parametrize("name", palettes.STYLES)
def test_what_is_read_stands_out_from_the_ground(palette: Palette, name: str) -> None:
    style = palette.style(name)
    least = 1.5 if name in DRAWN else 3.0 if name in QUIET else 4.5
    assert contrast(luminance(style), luminance(style, ground=True)) >= least


def test_the_16_colours_are_named_and_the_ground_is_the_terminals() -> None:
    for name in palettes.STYLES:
        style = ANSI.style(name)
        for colour in (style.color, style.bgcolor):
            assert colour is None or colour.is_default or (colour.number or 0) < 16
            assert colour is None or colour.triplet is None
        assert style.bgcolor is not None
        assert style.bgcolor.is_default
    assert ANSI.textual.ansi


def test_the_colour_blind_palette_tells_meanings_apart_by_lightness_alone() -> None:
    lights = {name: luminance(OKABE.style(name)) for name in palettes.MEANINGS}
    for one, other in combinations(lights, 2):
        assert contrast(lights[one], lights[other]) >= 1.2, (one, other)


@pytest.mark.parametrize("palette", PALETTES, ids=lambda p: p.name)
def test_what_has_a_meaning_has_a_colour_of_its_own(palette: Palette) -> None:
    colours = [palette.style(name).color for name in palettes.MEANINGS]
    assert len(set(colours)) == len(colours)


def test_each_palette_comes_once_in_a_turn_and_names_its_theme() -> None:
    palette, seen = FEDTUI, []
    for _ in PALETTES:
        seen.append(palette)
        palette = theme.after(palette)
    assert palette is FEDTUI
    assert seen == list(PALETTES)
    assert [p.textual.name for p in PALETTES] == [p.name for p in PALETTES]
    assert not LIGHT.textual.dark


@pytest.mark.parametrize(
    ("name", "environment", "chosen"),
    [
        ("", {"TERM": "xterm-256color"}, FEDTUI),
        ("", {}, FEDTUI),
        ("okabe", {"TERM": "xterm-256color"}, OKABE),
        ("light", {"TERM": "xterm-kitty"}, LIGHT),
        ("of a later version", {"TERM": "tmux-256color"}, FEDTUI),
        ("", {"TERM": "linux"}, ANSI),
        ("okabe", {"TERM": "linux"}, ANSI),
        ("", {"TERM": "linux", "COLORTERM": "truecolor"}, ANSI),
        ("", {"TERM": "xterm-16color"}, ANSI),
        ("", {"TERM": "screen"}, ANSI),
        ("", {"TERM": "xterm"}, ANSI),
        ("", {"TERM": "xterm", "COLORTERM": "truecolor"}, FEDTUI),
        ("ansi", {"TERM": "xterm-256color"}, ANSI),
    ],
)
def test_the_terminal_has_a_say_in_the_palette(
    name: str, environment: dict[str, str], chosen: Palette
) -> None:
    assert theme.choose(name, environment) is chosen


@pytest.mark.parametrize("column", [glyphs.UNICODE, glyphs.BLOCK, glyphs.ASCII], ids=str)
@pytest.mark.parametrize("scenario", [PROTECTED, CROWD])
def test_every_cell_names_a_style_that_palettes_know(
    scenario: Scenario, column: glyphs.Glyphs
) -> None:
    for moment in ("ModelSent", "UpdatesSent", "RoundFinished"):
        view = at(scenario, moment)
        for plot in PLOTS:
            for size in ((80, 24), (120, 40)):
                canvas = scene(Shot(view, column, plot=plot), *size)
                used = {cell.style for row in canvas.rows for cell in row}
                assert used <= set(palettes.STYLES)


def colours(widget: Widget) -> set[str]:
    """Of all letters that a widget, or its panes, would paint."""
    return {
        segment.style.color.name
        for part in (widget.children or [widget])
        for strip in part.render_lines(part.size.region)
        for segment in strip
        if segment.style and segment.style.color and segment.text.strip()
    }


async def test_another_palette_repaints_every_part_and_no_other_lab() -> None:
    async with lab(small(), size=(120, 40)) as one, lab(small(), size=(120, 40)) as other:
        changed, untouched = (next(s for s in at.app.screen_stack if isinstance(s, Lab))
                              for at in (one, other))  # fmt: skip
        changed.show(replace(one.app._shot(), palette=LIGHT))
        for screen, palette in ((changed, LIGHT), (untouched, FEDTUI)):
            known = {
                colour.name for name in palettes.STYLES if (colour := palette.style(name).color)
            }
            parts = [widget for widget in screen.query(Drawn) if widget.display]
            assert len(parts) >= 9
            for widget in parts:
                assert colours(widget), widget.id
                assert colours(widget) <= known, widget.id


async def test_in_the_16_colours_no_other_colour_reaches_the_terminal() -> None:
    app = LabApp(Player.of(small(masking={}), simulate), Manner(palette=ANSI))
    async with app.run_test(size=(120, 40)) as pilot:
        bench = Bench(app, pilot)
        await bench.settle()
        await bench.press("right", "right", "right")
        shown = [style for strip in app.screen._compositor.render_strips()
                 for _, style, _ in strip if style]  # fmt: skip
        assert len(shown) > 100
        assert not [s for s in shown for c in (s.color, s.bgcolor) if c and c.triplet]


async def test_a_row_that_did_not_change_keeps_its_strip() -> None:
    async with lab(small(), size=(120, 40)) as at:
        plot = next(part for part in at.app.screen.query(Drawn) if part.id == "plot")
        before = plot.render_lines(plot.size.region)
        await at.press("right")
        assert all(
            old is new for old, new in zip(before, plot.render_lines(plot.size.region), strict=True)
        )
        await at.press("]")
        after = plot.render_lines(plot.size.region)
        assert [old is new for old, new in zip(before, after, strict=True)].count(False) >= 1
