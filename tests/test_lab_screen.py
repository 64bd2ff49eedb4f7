"""The lab as a person sees it: two pictures kept as text, any size, any terminal."""

from __future__ import annotations

import random

import pytest

from fedtui.lab import glyphs, theme
from fedtui.scenarios import load
from tests.builders import small
from tests.lab import Bench, lab, same_as_snapshot, strips

SIZES = [(80, 24), (120, 40)]
MOMENTS = {
    "opening": [],
    "return": ["right", "right", "right", "right"],
    "round-12-protected": ["]"] * 12 + ["p", "m", "right", "escape"],
    "end": ["g"],
}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_lab_looks_as_it_did(moment: str, size: tuple[int, int]) -> None:
    async with lab(load("cells").replace({"seed": 7}), size=size) as at:
        await at.press(*MOMENTS[moment])
        assert same_as_snapshot(f"{moment}-{size[0]}x{size[1]}", at.text)


async def test_the_widgets_show_what_the_scene_draws() -> None:
    from fedtui.lab.scene import scene

    async with lab(small(), size=(120, 40)) as at:
        await at.press("right", "right", "p", "right", "tab", "]", "v")
        assert at.text == scene(at.app._shot(), 120, 40).text


def whole(at: Bench, width: int, height: int) -> bool:
    return [strip.cell_length for strip in strips(at.app)] == [width] * height


async def test_any_size_at_any_time_is_drawn_whole() -> None:
    draw = random.Random(7)
    async with lab(small(masking={})) as at:
        await at.press(*["plus"] * 4)
        await at.pilot.press("space")
        for _ in range(30):
            width, height = draw.randint(20, 200), draw.randint(5, 60)
            await at.pilot.resize_terminal(width, height)
            await at.pilot.pause()
            assert whole(at, width, height)
            fits = width >= 60 and height >= 18
            assert ("SERVER" in at.text) == fits
            assert fits or "needs" in at.text or width < 30
        await at.pilot.resize_terminal(80, 24)
        await at.settle()
        assert "SERVER" in at.text


async def test_resizing_leaves_nothing_of_the_old_picture() -> None:
    async with lab(small(), size=(120, 40)) as at:
        wide = await at.press("]")
        for size in ((80, 24), (40, 10), (160, 50), (120, 40)):
            await at.pilot.resize_terminal(*size)
            await at.pilot.pause()
        assert at.text == wide


@pytest.mark.parametrize("column", [glyphs.BLOCK, glyphs.ASCII], ids=lambda g: g.column)
async def test_poor_terminals_get_characters_they_have(column: glyphs.Glyphs) -> None:
    async with lab(small(privacy={}, masking={}), size=(120, 40), column=column) as at:
        for _ in range(10):
            text = await at.press("right")
            assert "SERVER" in text
            assert column is glyphs.BLOCK or text.isascii()


async def test_without_colour_the_screen_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["]", "p", "m", "right", "right"]
    async with lab(small()) as at:
        coloured = await at.press(*keys)
    monkeypatch.setenv("NO_COLOR", "1")
    async with lab(small()) as at:
        assert await at.press(*keys) == coloured
        styles = [s.style for row in strips(at.app) for s in row]
        assert {style.color and style.color.name for style in styles if style} == {"default"}
        assert {style.bgcolor and style.bgcolor.name for style in styles if style} == {"default"}


async def test_with_reduced_motion_packets_are_at_the_start_or_at_the_end() -> None:
    async with lab(small(), motion=False) as at:
        await at.pilot.press("space")
        seen = set()
        for _ in range(30):
            await at.pilot.pause(0.05)
            seen.add(at.app._shot().motion)
        assert seen == {0.0, 1.0}


async def test_idle_means_no_timer_and_no_repaint() -> None:
    async with lab(small(), motion=True) as at:
        await at.press("right")
        assert not at.app._clock._active.is_set()
        at.app.screen._compositor._dirty_regions.clear()
        await at.pilot.pause(0.3)
        assert not at.app.screen._compositor._dirty_regions


@pytest.mark.parametrize(
    ("environment", "added"),
    [
        ({"TERM": "xterm-kitty"}, {"COLORTERM": "truecolor"}),
        ({"TERM": "xterm-direct"}, {"COLORTERM": "truecolor"}),
        ({"TERM": "xterm-kitty", "COLORTERM": "24bit"}, {}),
        ({"TERM": "xterm-256color"}, {}),
        ({"TERM": "linux"}, {}),
    ],
)
def test_terminals_known_for_all_colours_get_them(
    environment: dict[str, str], added: dict[str, str]
) -> None:
    assert theme.colour_environment(environment) == added
