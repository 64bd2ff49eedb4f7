"""Values as somebody writes them: text that reads back as the same value."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

_ITEM = re.compile(r'\s*"((?:[^"]|"")*)"|([^,]+)')


def as_text(value: Any) -> str:
    """A value as somebody would write it; no digit is lost."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        plain = value == 0 or 1e-7 <= abs(value) < 1e9
        return np.format_float_positional(value, trim="-") if plain else repr(value)
    if isinstance(value, list | tuple):
        plain = all(i and i == i.strip() and "," not in i and '"' not in i for i in value)
        quoted = (f'"{item.replace(chr(34), chr(34) * 2)}"' for item in value)
        return ", ".join(value if plain else quoted)
    return str(value)


def items(text: str) -> tuple[str, ...]:
    """A list some of whose items stand in quotation marks, because of a comma in them."""
    found = []
    for match in _ITEM.finditer(text):
        quoted, bare = match.groups()
        if quoted is not None:
            found.append(quoted.replace('""', '"'))
        elif bare.strip():
            found.append(bare.strip())
    return tuple(found)
