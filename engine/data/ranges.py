"""Public bounds of columns, from which scale and fill come: no patient is asked.

A scale that is measured on patients tells of them: whoever knows all but one of a hospital finds the last
one in its mean, and ε says nothing of that, for it begins after scaling. What a column *can* hold is known
without looking: an age lies between 0 and 110. With such bounds low and high

    x → 3 (min(max(x, low), high) − middle) / half,      a gap → middle, which is 0

so every number lies within ±3, as nearly all standardised ones do. Bounds must come from
outside the table (a text book, a device's range); the smallest and largest value of the patients are two
patients. A column that marks a category is 0 or 1 anyway, and needs none; which categories there are is
still asked (`engine.data.categories`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.arrays import Flags, Floats
from engine.data.source import listed, shown
from engine.errors import ScenarioError
from engine.knobs import nearest

OTHERS = "*"  # all columns that are not named
REACH = 3.0  # of scaled numbers: of a normal column all but 3 in 1,000 lie within three deviations


def bounds(ranges: Sequence[str], features: Sequence[str], marks: Flags) -> Floats:
    """The lowest and highest number of each feature, (2, features).

    Args:
        ranges: Each as column=low:high; of all others as *=low:high.
        marks: Which features mark a category, (features,).

    Raises:
        ScenarioError: No bounds, of a column that is not there, or none of one that is.
    """
    known = dict(_read(each) for each in ranges)
    for name in known:
        if name != OTHERS and name not in features:
            raise ScenarioError(
                f"data.ranges: there is no column {shown(name)} to scale; {nearest(name, features)}"
            )
    others = known.get(OTHERS)
    found = [
        known.get(name, (0.0, 1.0) if mark else others)
        for name, mark in zip(features, marks.tolist(), strict=True)
    ]
    unknown = [name for name, each in zip(features, found, strict=True) if each is None]
    if unknown:
        raise ScenarioError(
            f"data.ranges: there are no bounds of {listed(unknown)}; add each as column=low:high, or"
            f" {OTHERS}=low:high for all others."
        )
    return np.array(found, np.float64).T


def _read(entry: str) -> tuple[str, tuple[float, float]]:
    """Column and bounds of "age=0:110"; a name may have signs like these of its own."""
    name, equals, text = entry.rpartition("=")
    low, colon, high = text.partition(":")
    try:
        lowest, highest = float(low), float(high)
    except ValueError:
        lowest = highest = math.nan
    if not (name and equals and colon and -math.inf < lowest < highest < math.inf):
        raise ScenarioError(
            f"data.ranges: {shown(entry)} names no column and its bounds; write it as column=low:high,"
            " the lower bound first."
        )
    return name.strip(), (lowest, highest)
