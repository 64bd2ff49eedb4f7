"""Colours: the names that canvases use for a style, and what a terminal shows for each.

Blue goes down, orange up, violet is protected; one accent marks the current phase; red means lost and
nothing else. Every meaning also stands in a glyph or a word, so a screen without colour says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

BACKGROUND = "#10141a"
_TEXT = "#c8d0da"

_STYLES = {
    "text": _TEXT,
    "bright": "bold #eef2f7",
    "dim": "#8a94a3",
    "faint": "#5b6573",
    "frame": "#465060",
    "title": "bold #aab4c2",
    "accent": "bold #4fd6be",
    "chosen": "bold #eef2f7",
    "down": "bold #58a6ff",
    "up": "bold #f0985a",
    "protected": "bold #c099ff",
    "guard": "#c099ff",
    "lost": "bold #ff6b6b",
    "key": "bold #eef2f7",
    "curve": "bold #4fd6be",
    "before": "#7d8796",
    "pooled": "#8fb4e8",
    "alone": "#c9a77c",
}

TEXTUAL = Theme(
    name="fedtui",
    primary="#4fd6be",
    secondary="#58a6ff",
    accent="#4fd6be",
    warning="#f0985a",
    error="#ff6b6b",
    foreground=_TEXT,
    background=BACKGROUND,
    surface="#161c24",
    panel="#1c232d",
    dark=True,
)

_TRUE_COLOUR = ("alacritty", "foot", "xterm-kitty", "xterm-ghostty", "wezterm", "contour", "rio")


@lru_cache(256)
def style(name: str) -> Style:
    """The terminal style that a canvas calls `name`; a plot's own colours are named "#rrggbb"."""
    return Style.parse(f"{_STYLES.get(name, name)} on {BACKGROUND}")


def colour_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment so that colours are found out right.

    COLORTERM does not travel over SSH, TERM does, and some names promise all colours.
    """
    term = environment.get("TERM", "")
    full = term.startswith(_TRUE_COLOUR) or term.endswith("-direct")
    return {"COLORTERM": "truecolor"} if full and not environment.get("COLORTERM") else {}


def rgb(name: str) -> tuple[int, int, int]:
    """The colour of a style, for a plot."""
    colour = style(name).color
    if colour is None:
        return (200, 208, 218)
    red, green, blue = colour.get_truecolor()
    return red, green, blue
