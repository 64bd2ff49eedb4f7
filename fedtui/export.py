"""A run, or the screen, as a file beside the learner's own: never over one that is there."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import RunError
from fedtui import files
from fedtui.safe import safe

_COLUMNS = ("round", "accuracy", "loss", "auc", "brier", "epsilon")
_BYTES = ("uplink_bytes", "downlink_bytes", "overhead_bytes")
_FORMULA = ("=", "+", "-", "@")


def as_json(result: Mapping[str, Any]) -> str:
    """The object that `fedtui run --json` prints."""
    return json.dumps(result, ensure_ascii=False) + "\n"


def as_csv(result: Mapping[str, Any]) -> str:
    """A line for each round; hospitals' accuracies in columns of their own.

    A hospital whose name a spreadsheet would take for a formula gets an apostrophe before it, one
    called as another column is the word hospital, and what acts on a terminal is shown as on the screen.
    """
    names = [hospital["name"] for hospital in result["hospitals"]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_COLUMNS, *_BYTES, *map(_column, names)])
    for round in result["rounds"]:
        own = (round["hospital_accuracy"][name] for name in names)
        writer.writerow([*(round[key] for key in (*_COLUMNS, *_BYTES)), *own])
    return out.getvalue()


def save(folder: Path, name: str, ending: str, text: str) -> Path:
    """Write `text` to a new file named after `name`, which only its owner may read.

    Returns where it is.

    Raises:
        RunError: It cannot be written there.
    """
    stem = "fedtui-" + (re.sub(r"[^\w-]+", "-", name).strip("-")[:40] or "run")
    for number in range(1, 10_000):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.{ending}"
        try:
            files.create(path, text)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"{path}: cannot be written ({error.strerror}).") from None
        return path
    raise RunError(f"{folder}: there are 9,999 exports of this name; take some away.")


def _column(name: str) -> str:
    shown = safe(name)
    return f"hospital {shown}" if shown in (*_COLUMNS, *_BYTES) else spreadsheet(name)


def spreadsheet(text: str) -> str:
    """A text of somebody's as a cell: safe to show, and never taken for a formula."""
    shown = safe(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
