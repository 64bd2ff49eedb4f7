"""What is told of the sources of patients: one line each, or licence, citation and provenance."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

from engine.data.catalogue import ENTRIES, Entry, place
from engine.sections import BUILT_IN
from fedtui.safe import safe

_WIDEST = 100  # columns
_BUILT_IN = {
    "synthetic": "made up: one table for everyone, dealt out to as many hospitals as you like",
    "notebook": "made up: the three hospitals of the notebook, whose columns do not agree",
    "breast-cancer": "569 tumours, 30 measurements each (Wolberg, Street and Mangasarian 1995)",
}


def listing() -> str:
    """One line for each source, and what can be done with it."""
    rows = [(name, "here", "", _BUILT_IN[name]) for name in BUILT_IN]
    rows += [(e.name, _state(e), e.licence, e.title) for e in ENTRIES.values()]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[3]]) for row in rows]
    unknown = ", ".join(entry.name for entry in ENTRIES.values() if not entry.pinned)
    return "\n".join(
        [
            *lines,
            "",
            "`fedtui data NAME` describes one; `fedtui data NAME --fetch` fetches it first. Its files",
            "are checked by sha256 when they come and at every use.",
            f"For {unknown} fedtui does not know the sums: those that the publisher tells at the first",
            "fetch are kept, and hold from then on.",
            "Your own works too: `fedtui data TABLE.csv`, a folder with a table for each hospital, or",
            "one with the tables of eICU or MIMIC-III that you are credentialed for.",
        ]
    )


def _state(entry: Entry) -> str:
    return "not fetched" if place.missing(entry) else "fetched"


def fetched(name: str, files: Sequence[str]) -> str:
    """What came of fetching a data set."""
    folder = safe(str(place.folder(ENTRIES[name])))
    if not files:
        return f"{name}: all its files are in {folder}, and are the published ones."
    return f"{name}: {', '.join(files)} fetched into {folder} and checked."


def about(entry: Entry) -> str:
    """A data set of the catalogue before its numbers: what it is and on which terms."""
    sums = (
        "each file is checked against the sha256 that fedtui knows, at every use"
        if entry.pinned
        else "fedtui does not know the files' sha256 beforehand: they are checked against the list "
        "that the publisher gave at the first fetch, then and at every use"
    )
    lines = {
        "hospitals": entry.hospitals,
        "label": entry.label,
        "prepared": entry.changes,
        "licence": f"{entry.licence}, {entry.licence_page}",
        "cite": entry.citation,
        "from": f"{entry.provenance} {entry.page}",
        "checked": f"{sums}.",
        "folder": safe(str(place.folder(entry))),
    }
    return "\n".join([f"{entry.name}: {entry.title}", *map(_wrapped, lines, lines.values())])


def _wrapped(key: str, text: str) -> str:
    """A line of `about`, as wide as the terminal is; addresses stay whole."""
    return textwrap.fill(
        text,
        min(shutil.get_terminal_size().columns, _WIDEST),
        initial_indent=f"{key:<10}",
        subsequent_indent=" " * 10,
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_dict() -> dict[str, Any]:
    """Every source by its name, as JSON takes it."""
    built_in = {name: {"title": _BUILT_IN[name]} for name in BUILT_IN}
    return {**built_in, **{name: entry_as_dict(entry) for name, entry in ENTRIES.items()}}


def entry_as_dict(entry: Entry) -> dict[str, Any]:
    """What the catalogue knows of a data set."""
    return {
        "title": entry.title,
        "fetched": not place.missing(entry),
        "folder": str(place.folder(entry)),
        "files": {file.name: file.sha256 or None for file in entry.files},
        "page": entry.page,
        "licence": entry.licence,
        "citation": entry.citation,
        "provenance": entry.provenance,
        "hospitals": entry.hospitals,
        "label": entry.label,
        "prepared": entry.changes,
    }
