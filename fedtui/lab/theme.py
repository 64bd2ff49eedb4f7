"""Palettes as values: a canvas names its styles, a palette says what the terminal shows for a name.

Nothing here is global state: a shot carries its palette, and two labs in one process may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.style import Style
from textual.theme import Theme

from fedtui.lab import palettes

_FULL = ("truecolor", "24bit")  # what COLORTERM says
_TRUE_COLOUR = ("alacritty", "foot", "xterm-kitty", "xterm-ghostty", "wezterm", "contour", "rio")


@dataclass(frozen=True, eq=False)
class Palette:
    """What a style's name looks like.

    Attributes:
        name: Also that of its Textual theme.
        told: What a learner reads, with an article.
        background: A colour; empty for the terminal's own.
        textual: The theme of what is not a canvas: palette, help, forms, pages.
    """

    name: str
    told: str
    background: str
    textual: Theme
    _styles: Mapping[str, Style] = field(repr=False)

    def style(self, name: str) -> Style:
        """The terminal style that a canvas calls `name`."""
        return self._styles[name]


def _palette(
    name: str, told: str, colours: Mapping[str, str], background: str, *, dark: bool = True
) -> Palette:
    ground = f" on {background}" if background else " on default"
    styles = {style: Style.parse(text + ground) for style, text in colours.items()}
    theme = _theme(name, colours, background, dark) if background else _ANSI_THEME
    return Palette(name, told, background, theme, styles)


def _theme(name: str, colours: Mapping[str, str], background: str, dark: bool) -> Theme:
    def hue(style: str) -> str:
        return colours[style].rpartition(" ")[2]

    return Theme(
        name=name,
        primary=hue("accent"),
        secondary=hue("down"),
        accent=hue("accent"),
        warning=hue("up"),
        error=hue("lost"),
        success=hue("accent"),
        foreground=hue("text"),
        background=background,
        surface=_SURFACES[name][0],
        panel=_SURFACES[name][1],
        dark=dark,
    )


_SURFACES = {  # behind what lies over the lab, and behind what is marked in it
    "fedtui": ("#161c24", "#1c232d"),
    "okabe": ("#191919", "#242424"),
    "light": ("#f0f1ef", "#e4e6e4"),
}
_ANSI_THEME = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_bright_blue",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "ansi-background": "ansi_default",  # Textual's own stylesheets ask for both
        "ansi-foreground": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_black",
    },
)

FEDTUI = _palette("fedtui", "dark", palettes.DARK, "#10141a")
OKABE = _palette("okabe", "dark, safe for colour blindness", palettes.OKABE, "#121212")
ANSI = _palette("ansi", "the terminal's own 16 colours", palettes.ANSI, "")
LIGHT = _palette("light", "light", palettes.LIGHT, "#fafaf7", dark=False)

PALETTES = (FEDTUI, OKABE, LIGHT, ANSI)  # in the order in which the key goes through them


def after(palette: Palette) -> Palette:
    """The next one in turn."""
    return PALETTES[(PALETTES.index(palette) + 1) % len(PALETTES)]


def choose(name: str, environment: Mapping[str, str]) -> Palette:
    """The palette to start with: the one called `name`, as far as the terminal has the colours.

    A console gets its own 16 whatever was chosen elsewhere. A name that is not known, from the
    preferences of another version, counts as none.
    """
    if not _many_colours(environment):
        return ANSI
    return next((palette for palette in PALETTES if palette.name == name), FEDTUI)


def _many_colours(environment: Mapping[str, str]) -> bool:
    """Whether the terminal promises more than 16 colours; one that says nothing is trusted."""
    term = environment.get("TERM", "")
    known = {**environment, **colour_environment(environment)}
    if term.startswith(("linux", "cons25")):
        return False  # some set COLORTERM there, and it is not true
    return not term or term.endswith("256color") or known.get("COLORTERM", "").lower() in _FULL


def colour_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment so that colours are found out right.

    COLORTERM does not travel over SSH, TERM does, and some names promise all colours.
    """
    term = environment.get("TERM", "")
    full = term.startswith(_TRUE_COLOUR) or term.endswith("-direct")
    return {"COLORTERM": "truecolor"} if full and not environment.get("COLORTERM") else {}
