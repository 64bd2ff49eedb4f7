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
    ours, theirs = _by_plain(texts), _by_plain(known)
    return {
        same[0]: theirs[text][0]
        for text, same in ours.items()
        if text and len(same) == len(theirs.get(text, ())) == 1
    }


def _by_plain(texts: Collection[str]) -> dict[str, list[str]]:
    """Plain text → those of `texts` that it is, in their order."""
    found: dict[str, list[str]] = {}
    for text in texts:
        found.setdefault(plain(text), []).append(text)
    return found
