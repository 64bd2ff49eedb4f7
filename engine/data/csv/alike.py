"""Texts that are one but for what a program or a hand changes without meaning it: capitals, blanks."""

from __future__ import annotations

from collections.abc import Collection


def plain(text: str) -> str:
    """A text without capitals and further blanks."""
    return " ".join(text.casefold().split())


def alike(texts: Collection[str], known: Collection[str]) -> dict[str, str]:
    """Text → the one of `known` that it is but for capitals and blanks.

    Only where there is no doubt: no two of the texts, and no two of the known, are alike.
    """
    found = {}
    for text in texts:
        same = [other for other in known if plain(other) == plain(text)]
        rivals = [other for other in texts if plain(other) == plain(text)]
        if len(same) == len(rivals) == 1 and plain(text):
            found[text] = same[0]
    return found
