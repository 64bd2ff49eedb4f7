"""The phase rail: the six phases of a round, and where we are. It tells the story without motion."""

from __future__ import annotations

from engine.events import Phase
from fedtui import words
from fedtui.lab.canvas import Canvas
from fedtui.lab.cells import width
from fedtui.lab.shot import Shot

_PHASES = tuple(Phase)
_STEP = len("step 4 of 6") + 3


def rail(shot: Shot, wide: int, high: int = 1) -> Canvas:
    """One line of `wide` cells."""
    canvas = Canvas(wide, high, shot.glyphs)
    told = words.step(shot.view)
    gap = next((n for n in (5, 4, 3, 2, 1) if _length(n) + _STEP <= wide), 1)
    _line(canvas, shot, gap)
    start = _length(gap) + 3
    text = next((t for t in told if start + width(t) <= wide), "")
    canvas.put(start, 0, text, "dim")
    return canvas


def _length(gap: int) -> int:
    """Cells of a rail whose phases stand `gap` dashes apart."""
    return 1 + sum(len(phase) for phase in _PHASES) + 5 * (gap + 2) + 4


def _line(canvas: Canvas, shot: Shot, gap: int) -> int:
    g, now = shot.glyphs, shot.view.phase
    x = 1
    for phase in _PHASES:
        if phase is not Phase.SEND:
            dashes = g["across"] * gap
            last = phase is now
            before = _PHASES[_PHASES.index(phase) - 1] is now
            text = ("" if before else " ") + (dashes[1:] + g["arrow"] if last else dashes + " ")
            x = canvas.put(x, 0, text, "accent" if last else "faint")
        if phase is now:
            x = canvas.put(x, 0, f"[ {phase.upper()} ]", "accent")
        else:
            x = canvas.put(x, 0, phase.value, "dim")
    return x
