"""What is told of the sources of patients: one line each, or licence, citation and provenance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.data.catalogue import ENTRIES, Entry, place
from engine.sections import BUILT_IN

_BUILT_IN = {
    "synthetic": "made up: one table for everyone, dealt out to as many hospitals as you like",
    "notebook": "made up: the three hospitals of the notebook, whose columns do not agree",
    "breast-cancer": "569 tumours, 30 measurements each (Wolberg, Street and Mangasarian 1995)",
}


def listing() -> str:
    """One line for each source."""
    lines = {name: _BUILT_IN[name] for name in BUILT_IN}
    for name, entry in ENTRIES.items():
        lines[name] = f"{entry.title}; {entry.licence}; {_state(entry)}"
    width = max(map(len, lines))
    return "\n".join(
        [
            *(f"{name:<{width}}  {line}" for name, line in lines.items()),
            "",
            "Your own table works too: `fedtui data TABLE.csv` describes it. So does a folder with the",
            "tables of eICU or MIMIC-III that you are credentialed for.",
        ]
    )


def _state(entry: Entry) -> str:
    if place.missing(entry):
        return f"not here yet: `fedtui data {entry.name} --fetch`"
    return "fetched"


def fetched(name: str, files: Sequence[str]) -> str:
    """What came of fetching a data set."""
    folder = place.folder(ENTRIES[name])
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
        "folder": str(place.folder(entry)),
    }
    return "\n".join([f"{entry.name}: {entry.title}", *(f"{k:<10}{v}" for k, v in lines.items())])


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
