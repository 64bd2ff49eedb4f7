"""How a table that is judged is unlike the one that was trained on: gaps that were filled, other units.

A model gives a probability to anything. Where an age is missing it takes the mean, and where it is in
days it takes it for years and is sure. Neither can be seen in the probabilities, so both are told.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Flags, Floats
from engine.data.gaps import filled_in as noted
from engine.data.source import shown
from engine.finished import Finished

FAR = 10.0  # standard deviations: rare in any unit, and common in another one


def filled_in(missing: Flags, features: Sequence[str]) -> tuple[str, ...]:
    """A note on the numbers that are `missing` (n, features), and became the training mean."""
    rows, counts = len(missing), missing.sum(axis=0)
    found = [
        f"{shown(features[i])} {_of(counts[i], rows)}" for i in np.flatnonzero(counts).tolist()
    ]
    return noted(found, int(counts.sum()))


def far_away(by: Finished, x: Floats, scaled: Floats) -> tuple[str, ...]:
    """A note on each column of numbers most of which lie further out than those of the training.

    Args:
        by: The model.
        x: As measured, nan where a number is missing, (n, features).
        scaled: The same, standardised, (n, features).
    """
    if by.scale is None:
        return ()
    there = ~np.isnan(x)
    far = np.sum(there & (np.abs(scaled) > FAR), axis=0)
    known = there.sum(axis=0)
    return tuple(
        f"Column {shown(by.features[i])}: {_of(far[i], known[i])} values lie more than {FAR:g} standard"
        f" deviations from the training mean{_means(by, x, i)}; is it in another unit? What the model"
        " says of such patients is worth nothing."
        for i in np.flatnonzero(2 * far > known).tolist()
    )


def _means(by: Finished, x: Floats, column: int) -> str:
    """Mean in training and here, where the training has one for all hospitals."""
    if by.scale is None or by.scale.hospitals is not None:
        return ""
    return f" ({_plain(by.scale.mean[column])}; here {_plain(float(np.nanmean(x[:, column])))})"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e9 else f"{number:.4g}"


def _of(part: int, whole: int) -> str:
    return f"all {whole:,}" if part == whole else f"{part:,} of {whole:,}"
