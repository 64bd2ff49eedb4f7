"""The palettes: for each, what a terminal shows for the name of a style.

Blue goes down, orange up, violet is protected; one accent marks the current phase; red means lost and
nothing else. Every meaning also stands in a glyph or a word, so a screen without colour says the same.

`okabe` keeps to the hues of M. Okabe and K. Ito, "Color Universal Design" (2002), each at a lightness
of its own, so that the five that carry a meaning differ for every kind of colour blindness and in
grey. `ansi` names colours of the terminal's own sixteen and leaves its background alone.
"""

from __future__ import annotations

from collections.abc import Mapping

STYLES = (
    "text",
    "bright",
    "dim",
    "faint",
    "frame",
    "title",
    "accent",
    "chosen",
    "down",
    "up",
    "protected",
    "guard",
    "lost",
    "key",
    "curve",
    "before",
    "pooled",
    "alone",
)
MEANINGS = ("down", "up", "protected", "lost", "accent")  # must not be taken for one another

DARK: Mapping[str, str] = {
    "text": "#c8d0da",
    "bright": "bold #eef2f7",
    "dim": "#8a94a3",
    "faint": "#657080",
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
    "before": "#8590a0",
    "pooled": "#8fb4e8",
    "alone": "#c9a77c",
}

OKABE: Mapping[str, str] = {
    "text": "#d0d0d0",
    "bright": "bold #ffffff",
    "dim": "#9a9a9a",
    "faint": "#6e6e6e",
    "frame": "#4c4c4c",
    "title": "bold #b8b8b8",
    "accent": "bold #f0e442",
    "chosen": "bold #ffffff",
    "down": "bold #3f9ad6",
    "up": "bold #f2b233",
    "protected": "bold #dc98bd",
    "guard": "#dc98bd",
    "lost": "bold #d55e00",
    "key": "bold #ffffff",
    "curve": "bold #f0e442",
    "before": "#9a9a9a",
    "pooled": "#56b4e9",
    "alone": "#cc8a00",
}

ANSI: Mapping[str, str] = {
    "text": "default",
    "bright": "bold",
    "dim": "default",
    "faint": "bright_black",
    "frame": "bright_black",
    "title": "bold",
    "accent": "bold cyan",
    "chosen": "bold",
    "down": "bold bright_blue",
    "up": "bold yellow",
    "protected": "bold magenta",
    "guard": "magenta",
    "lost": "bold red",
    "key": "bold",
    "curve": "bold cyan",
    "before": "bright_black",
    "pooled": "bright_blue",
    "alone": "yellow",
}

LIGHT: Mapping[str, str] = {
    "text": "#2b323b",
    "bright": "bold #0b0f14",
    "dim": "#5a6470",
    "faint": "#838c98",
    "frame": "#b4bcc6",
    "title": "bold #3c4652",
    "accent": "bold #00695c",
    "chosen": "bold #0b0f14",
    "down": "bold #0a57c2",
    "up": "bold #a84300",
    "protected": "bold #7436c2",
    "guard": "#7436c2",
    "lost": "bold #c2102b",
    "key": "bold #0b0f14",
    "curve": "bold #00695c",
    "before": "#69727d",
    "pooled": "#2f62b0",
    "alone": "#80591f",
}
