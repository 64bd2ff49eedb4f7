"""The top line: what runs, which round, playing or paused, how fast."""

from __future__ import annotations

from collections.abc import Callable

from fedtui import words
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width
from fedtui.lab.shot import Shot
from fedtui.safe import safe
from fedtui.view import View

_TITLE = 10  # column
_PROTECTING = ("privacy", "masking")


def header(shot: Shot, wide: int, high: int = 1) -> Canvas:
    """One line of `wide` cells; the round, the clock and all that is switched on are always on it."""
    canvas = Canvas(wide, high, shot.glyphs)
    canvas.put(1, 0, words.REPLAY if shot.replay else words.FEDTUI, "accent")
    right = canvas.right(wide - 1, 0, f"{_clock(shot)}", "bright" if shot.playing else "dim")
    right = canvas.right(right - 3, 0, _round(shot), "bright")
    title, seed = safe(shot.view.title), words.seed(shot.view)
    title = f"{title}, {words.place(safe(shot.place))}" if shot.place else title
    room = right - _TITLE - 3
    full, short = _badges(shot, words.badges), _badges(shot, words.short_badges)
    badges, gap = (full, 3) if width(title) + _length(full, 3) <= room else (short, 2)
    badges, gap = (short, 1) if _length(badges, gap) + _TITLE > room else (badges, gap)
    left = room - _length(badges, gap)
    x = canvas.put(_TITLE, 0, fit(title, left) if left >= 4 else "", "text")
    for section, badge in badges.items():
        style = "protected" if section in _PROTECTING else "bright"
        x = canvas.put(x + gap, 0, badge, style)
    if x + 3 + len(seed) + 3 <= right:
        canvas.right(right - 3, 0, seed, "dim")
    return canvas


def _badges(shot: Shot, told: Callable[[View], dict[str, str]]) -> dict[str, str]:
    """What is switched on, in characters that the terminal has."""
    badges = told(shot.view).items()
    return {section: shot.glyphs.spelled(text) for section, text in badges}


def _length(badges: dict[str, str], gap: int) -> int:
    return sum(gap + width(badge) for badge in badges.values())


def _round(shot: Shot) -> str:
    view = shot.view
    if shot.rerun:
        return f"again, round {len(view.points)} of {shot.rerun}"
    return f"round {view.round} of {view.rounds}"


def _clock(shot: Shot) -> str:
    mark = shot.glyphs["play"] + " " if shot.playing else shot.glyphs["pause"] * 2
    return f"{mark} {speed(shot.speed)}"


def speed(factor: float) -> str:
    """¼×, ½×, 1× … 16×, always three cells."""
    text = {0.25: "¼", 0.5: "½"}.get(factor, f"{factor:g}")
    return f"{text}×".rjust(3)
