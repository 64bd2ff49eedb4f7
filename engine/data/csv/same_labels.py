"""Labels of a further table, by what the training said of the first: which are positive, which negative.

A label that is neither is neither here. It does not count as negative, as it would in training where
`data.positive` names one label of several: there all of them were told, and here nobody was asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats
from engine.data.csv.cells import NUMBERS, cell_of, number
from engine.data.csv.column import Read
from engine.data.csv.labels import AND, ANY_OTHER, TESTS, THRESHOLD, name_of


def known_labels(read: Read, labels: tuple[str, str]) -> Floats:
    """1.0 where a label is the positive one of `labels`, 0.0 where it is a negative one, (N,).

    Args:
        read: The labels of a table that was not trained on.
        labels: (negative, positive) as `Labels` names them.

    Returns:
        nan where a label is missing or neither of the two.
    """
    if not read.categories:
        return _judged(read.values, labels)
    kinds = [_judged_text(text, labels) for text in read.categories]
    return np.array(kinds)[read.values.astype(np.int64)]


def _judged_text(text: str, labels: tuple[str, str]) -> float:
    negative, positive = labels
    if text and text in (negative, positive):  # even where it looks like a threshold
        return float(text == positive)
    if text and text in negative.split(AND):
        return 0.0
    return float(_judged(np.array([number(text, cell_of(text))]), labels)[0])


def _judged(values: Floats, labels: tuple[str, str]) -> Floats:
    """Labels that are numbers."""
    negative, positive = labels
    there = ~np.isnan(values)
    if threshold := THRESHOLD.fullmatch(positive):
        sign, bound = threshold.groups()
        return np.where(there, TESTS[sign](values, float(bound)), np.nan)
    yes = np.isin(values, _numbers([positive]))
    no = there & ~yes
    if negative != ANY_OTHER:
        no &= np.isin(values, _numbers(negative.split(AND)))
    return np.select([yes, no], [1.0, 0.0], np.nan)


def _numbers(names: Sequence[str]) -> list[float]:
    """Those of them that are numbers."""
    return [float(name) for name in map(name_of, names) if cell_of(name) in NUMBERS]
