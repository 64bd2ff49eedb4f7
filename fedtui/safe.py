"""Text from a file, made safe to show: literally, and with nothing in it that acts on a terminal."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_JOINING = {*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400), *range(0x1F1E6, 0x1F200), 0x20E3}
_UNKNOWN = "\ufffd"


@lru_cache(4096)
def safe(text: str) -> str:
    """`text` with nothing in it that moves a cursor or joins with its neighbours.

    Control characters become their pictures (escape: ␛), invisible and joining ones a �.
    """
    return "".join(_shown(char) for char in unicodedata.normalize("NFC", text))


def _shown(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in _JOINING or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return _UNKNOWN
    return char
