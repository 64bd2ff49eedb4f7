"""One table of glyphs, every one a single cell wide: unicode, block, ascii.

The block column holds to the 256 characters of a PC's console (TERM=linux). No emoji: terminals
disagree about their width, and a row would shift. `plain` brings any other character of our own
texts, of a plot or of a name into the column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_TABLE = {  # name: unicode, block, ascii
    "model": "●•o",
    "update": "▲▲^",
    "key": "◇○k",
    "masked": "◆♦#",
    "noised": "▒▒%",
    "small": "▪■=",
    "lost": "××x",
    "on": "●•*",
    "off": "○○-",
    "yes": "✓√+",
    "wait": "··.",
    "play": "▶►>",
    "pause": "❚│|",
    "arrow": "▶►>",
    "chosen": "▸►>",
    "full": "▓▓#",
    "empty": "░░.",
    "across": "──-",
    "down": "││|",
    "idle": "┊::",
    "nw": "╭┌+",
    "ne": "╮┐+",
    "sw": "╰└+",
    "se": "╯┘+",
    "tee_down": "┬┬+",
    "tee_up": "┴┴+",
    "tee_left": "┤┤+",
    "tee_right": "├├+",
}

_ASCII = {
    **dict.fromkeys("─━┄┈╌═", "-"),
    **dict.fromkeys("│┃┆┊╎║┤├", "|"),
    **dict.fromkeys("┌┐└┘┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("█▓▀▄▌▐■▪◆", "#"),
    **dict.fromkeys("░·•", "."),
    **{"▒": "%", "−": "-", "–": "-", "×": "x", "→": ">", "←": "<", "…": "~", "ε": "e", "δ": "d"},
    **{"μ": "u", "σ": "s", "✓": "+", "●": "o", "○": "o", "▲": "^", "▶": ">", "≥": ">", "≤": "<"},
    **{"’": "'", "“": '"', "”": '"', "Σ": "S", "²": "2", "÷": "/", "≈": "~", "▸": ">"},
    **{"↑": "^", "↓": "v"},
}
_BLOCK = {
    **{"−": "-", "–": "-", "✓": "√", "◆": "♦", "●": "•", "▶": "►", "▸": "►", "▪": "■", "×": "x"},
    **{"╭": "┌", "╮": "┐", "╰": "└", "╯": "┘", "…": "~", "’": "'", "“": '"', "”": '"'},
}


@dataclass(frozen=True, eq=False)
class Glyphs:
    """One column of the table: `glyphs["model"]` is a character of width 1."""

    column: str
    table: Mapping[str, str] = field(repr=False)
    swaps: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.table[name]

    def plain(self, cell: str) -> str:
        """What one cell, or the two of a wide character, shows in this column."""
        if self.column == "unicode" or cell.isascii():
            return cell
        swapped = self.swaps.get(cell, cell)
        return "?" if self.column == "ascii" and not swapped.isascii() else swapped

    @property
    def epsilon(self) -> str:
        """ε, or its name."""
        return "eps" if self.column == "ascii" else "ε"

    def spelled(self, text: str) -> str:
        """A text whose ε and ∞ are spelled out where they cannot be drawn."""
        if self.column != "ascii":
            return text
        return text.replace("ε", self.epsilon).replace("∞", "inf")


def _column(index: int) -> dict[str, str]:
    return {name: row[index] for name, row in _TABLE.items()}


UNICODE = Glyphs("unicode", _column(0), {})
BLOCK = Glyphs("block", _column(1), _BLOCK)
ASCII = Glyphs("ascii", _column(2), _ASCII)


def choose(ascii: bool, terminal: str) -> Glyphs:
    """The column for a terminal named `terminal` (the variable TERM)."""
    if ascii:
        return ASCII
    return BLOCK if terminal in ("linux", "cons25", "vt100", "vt220") else UNICODE
