"""Labels of a table: which value counts as positive."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.arrays import Floats
from engine.data.source import listed, shown
from engine.errors import DataError


def read_labels(
    file: str, column: str, labels: Mapping[str, int], lines: Mapping[str, int], positive: str
) -> tuple[Floats, tuple[str, ...]]:
    """0.0 or 1.0 for each label code, and notes.

    Labels are 0 and 1 (also 0.0 and 1.0), or any two values of which `positive` names one.

    Args:
        labels: Text as it stands in the table → code, from 0.
        lines: Where each text was first seen.

    Raises:
        DataError: Fewer or more than two values, or no telling which is positive.
    """
    values = {text: _value(text) for text in labels}
    kinds = list(dict.fromkeys(values.values()))
    where = f"{file}, column {shown(column)}"
    if len(kinds) == 1:
        raise DataError(
            f"{where}: every label is {shown(next(iter(labels)))}; "
            "give the table patients of both kinds."
        )
    if len(kinds) > 2:
        third = next(text for text, value in values.items() if value == kinds[2])
        raise DataError(
            f"{where}: there are {len(kinds)} labels ({listed(kinds, 6)}), the third from line "
            f"{lines[third]} on; make them two, say 0 for healthy and 1 for ill."
        )
    chosen = _value(positive.strip()) if positive.strip() else "1"
    if chosen not in kinds or not (positive.strip() or "0" in kinds):
        is_not = f"{shown(positive)} is no label" if positive.strip() else "they are not 0 and 1"
        raise DataError(
            f"{where}: the labels are {listed(kinds)}, and {is_not}; "
            "set data.positive to the one that counts as positive."
        )
    by_code = np.zeros(len(labels))
    for text, code in labels.items():
        by_code[code] = values[text] == chosen
    return by_code, ()


def _value(text: str) -> str:
    """One spelling for a number written in several ways: "1.0" and "1" are one label."""
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.17g}"
