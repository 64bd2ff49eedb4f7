"""Keys that nobody would press in this order: seeded, over every key there is except quit."""

from __future__ import annotations

import random
from collections.abc import Iterator

from fedtui.lab.keys import KEYS

SECOND = 8  # presses of fast typing
TWO_MINUTES = 120 * SECOND
_BYTES = {  # what a terminal sends for a key, where it is not the character itself
    "space": " ",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "backspace": "\x7f",
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "ctrl+p": "\x10",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "colon": ":",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "R": "R",
}
_BESIDE = ("up", "down", "enter", "backspace", "pageup", "pagedown", "d", "n")  # lists and forms


def names() -> list[str]:
    """Every key of the lab and those of its lists, as Textual names them; nothing that quits."""
    table = [name for key in KEYS if key.action != "leave" for name in key.keys.split(",")]
    return sorted({*table, *_BESIDE} - {"shift+r", "ctrl+q", "ctrl+c"})


def presses(seed: int, count: int) -> Iterator[str]:
    """Names of keys; every tenth closes what is open, as a person's would."""
    draw, every = random.Random(seed), names()
    for number in range(count):
        yield "escape" if number % 10 == 9 else draw.choice(every)


def sent(name: str) -> str:
    """What a terminal sends for the key of that name."""
    typed = _BYTES.get(name, name)
    if len(typed) > 1 and not typed.startswith("\x1b"):
        raise LookupError(f"tests/monkey.py does not know what a terminal sends for {name!r}")
    return typed
