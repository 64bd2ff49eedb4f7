"""The top line: what runs, which round, playing or paused, how fast."""

from __future__ import annotations

from fedtui import words
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import fit, width
from fedtui.lab.shot import Shot
from fedtui.safe import safe

_PROTECTING = ("privacy", "masking")


def header(shot: Shot, wide: int, high: int = 1) -> Canvas:
    """One line of `wide` cells; the round and the clock are always on it."""
    canvas = Canvas(wide, high, shot.glyphs)
    canvas.put(1, 0, "fedtui", "accent")
    right = canvas.right(wide - 1, 0, f"{_clock(shot)}", "bright" if shot.playing else "dim")
    right = canvas.right(right - 3, 0, _round(shot), "bright")
    seed = f"seed {shot.view.seed}"
    badges = words.badges(shot.view)
    title = fit(safe(shot.view.title), right - 12)
    x = canvas.put(10, 0, title, "text")
    if x + sum(width(badge) + 3 for badge in badges.values()) + len(seed) + 6 <= right:
        for section, badge in badges.items():
            style = "protected" if section in _PROTECTING else "bright"
            x = canvas.put(x + 3, 0, badge.replace("ε", shot.glyphs.epsilon), style)
        canvas.right(right - 3, 0, seed, "dim")
    return canvas


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
