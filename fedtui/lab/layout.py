"""Where everything stands, for any size of terminal: rectangles, and nothing drawn yet.

Two shapes: one column (80×24, the window of an SSH session), and two from 112 columns on, where
panels stand beside the diagram. In between, the diagram and the plot share what room there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SMALLEST = (60, 18)  # columns, rows
_TWO_COLUMNS = 112
_SIDE = 39  # columns of the panels
_DIAGRAM = 11  # rows, at least: server 4, links 2, tiles 5
_PLOT = 4  # rows, at least: title, two of curve, axis
_PANELS = (  # name, rows at least, rows at most, in the order in which they stand
    ("protection", 9, 12),
    ("readers", 7, 8),
    ("now", 7, 12),
    ("bytes", 6, 9),
)
_DROPPED_FIRST = ("bytes", "readers")


class Box(NamedTuple):
    """A rectangle of cells on the screen."""

    x: int
    y: int
    width: int
    height: int


def layout(width: int, height: int, coach: int = 0) -> Mapping[str, Box]:
    """Each part's box by its name; empty where the terminal is too small for any.

    Args:
        width, height: Of the terminal, cells.
        coach: Lines of a lesson or an offer, above the keys.
    """
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return {}
    two = width >= _TWO_COLUMNS and height - coach >= 24
    boxes = dict(_two_columns(width, height - coach) if two else _one(width, height - coach))
    if coach:
        keys = boxes["keys"]
        boxes["coach"] = Box(0, keys.y, width, coach)
        boxes["keys"] = keys._replace(y=keys.y + coach)
    return boxes


def _one(width: int, height: int) -> Mapping[str, Box]:
    now, keys = (2, 2) if height >= 23 else (1, 2) if height >= 21 else (1, 1)
    room = height - 2 - now - keys  # without header and rail
    spare = max(0, room - _DIAGRAM - 7)
    more = min(2, spare // 5)
    diagram = min(_DIAGRAM, max(_DIAGRAM - 1, room - _PLOT)) + min(10, spare // 2)
    plot = room - diagram - more
    if plot < _PLOT:
        diagram, plot = room - more, 0
    rows = [
        ("header", 1),
        ("rail", 1),
        ("diagram", diagram),
        ("plot", plot),
        ("now", now + more),
        ("keys", keys),
    ]
    return _stack(rows, 0, 0, width)


def _two_columns(width: int, height: int) -> Mapping[str, Box]:
    left, body = width - _SIDE - 1, height - 4
    air = 1 if height >= 36 else 0
    plot = max(7, min(body * 2 // 5, 24))
    top = _stack([("header", 1), ("rail", 1)], 0, 0, width)
    main = _stack([("diagram", body - plot - air), ("plot", plot)], 0, 2 + air, left)
    side = _stack(_panels(body - air), left + 1, 2 + air, _SIDE)
    return {**top, **main, **side, **_stack([("keys", 2)], 0, height - 2, width)}


def _panels(room: int) -> list[tuple[str, int]]:
    """Panels and their rows: those that fit, what is left over shared in order of use."""
    chosen = list(_PANELS)
    for name in _DROPPED_FIRST:
        if sum(least for _, least, _ in chosen) > room:
            chosen = [panel for panel in chosen if panel[0] != name]
    rows = {name: least for name, least, _ in chosen}
    for name in ("protection", "now", "readers", "bytes"):
        most = next((most for panel, _, most in chosen if panel == name), 0)
        if name in rows:
            rows[name] += min(most - rows[name], room - sum(rows.values()))
    rows["now"] += room - sum(rows.values())
    return list(rows.items())


def _stack(rows: list[tuple[str, int]], x: int, y: int, width: int) -> Mapping[str, Box]:
    boxes = {}
    for name, height in rows:
        if height > 0:
            boxes[name] = Box(x, y, width, height)
        y += height
    return boxes
