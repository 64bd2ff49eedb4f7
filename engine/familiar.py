"""Whether a table is the one that a model was trained on: a score on it is no test, and looks like one.

The table is known again by its path, and else by what the result tells of it anyway: how many patients
each hospital has, and how many of them are positive. A sum of the file would tell it more surely. But
the result is handed on, and to somebody who knows every patient but one, such a sum would betray that
one by trying; noise in training is there to prevent just that.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np

from engine.arrays import Floats
from engine.data.unseen import Unseen
from engine.finished import Finished

_ALL = "\0"  # the hospitals together; no hospital is called so


def seen_before(by: Finished, path: Path, table: Unseen, y: Floats) -> tuple[str, ...]:
    """A note where the table at `path` is, or seems to be, the one that was trained on.

    Args:
        by: The model.
        path: The table's file.
        table: What was read of it.
        y: The label of each row, nan where it has none, (n,).
    """
    if _is_source(by, path):
        it_is = "the model was trained on most rows of this table"
    elif _counts_alike(by, path, table, y):
        it_is = (
            "this table has as many patients and as many positive ones as the model's training and"
            " held-out patients at every hospital, so it seems to be the one that was trained on"
        )
    else:
        return ()
    return (
        f"{it_is}; how good it is here is no test, and its score on held-out patients stands in the"
        " result.",
    )


def _is_source(by: Finished, path: Path) -> bool:
    """Whether this is the file, or in the folder, that `data.source` names, seen from here."""
    source = os.path.expanduser(by.data.source)
    try:
        return path.samefile(source) or (os.path.isdir(source) and path.parent.samefile(source))
    except (OSError, ValueError):
        return False


def _counts_alike(by: Finished, path: Path, table: Unseen, y: Floats) -> bool:
    """Whether each hospital of the table has as many patients and positives as in training.

    A row's hospital is the one that a column names, or that the file's name says. Where hospitals were
    made up in training, or none are named here, the whole table is compared with all of them.
    """
    rows = np.flatnonzero(~np.isnan(y)).tolist()
    if not rows or not by.hospitals:
        return False
    patients, positives = map(sum, zip(*by.hospitals.values(), strict=True))
    known = {**by.hospitals, _ALL: (patients, positives)}
    named = by.data.partition == "natural" and table.hospitals is not None
    columns = table.hospitals if named else None
    for names in ([path.stem] * len(y), columns or [_ALL] * len(y)):
        sizes = Counter(names[row] for row in rows)
        ill = Counter(names[row] for row in rows if y[row])
        if all(known.get(name) == (size, ill[name]) for name, size in sizes.items()):
            return True
    return False
