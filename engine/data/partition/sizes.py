"""Hospitals that differ in nothing, or in size only.

- iid: shuffled, equal sizes.
- quantity: sizes differ, by given proportions or by Dir(α); labels do not.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats
from engine.data.partition.dealing import Placed, deal, equal, top_up, whole
from engine.data.source import Source
from engine.errors import ScenarioError
from engine.randomness import stream
from engine.sections import Data
from engine.steps import Steps


def iid(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """Every hospital gets as many patients as the next, any of them."""
    sizes = whole(equal(data.hospitals), len(source.y))
    return Placed((yield from deal(sizes, stream(seed, "partition"))))


def quantity(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """Large and small hospitals, any patients in each.

    Raises:
        ScenarioError: Sizes that are no sizes, or not one for each hospital.
    """
    draw = stream(seed, "partition")
    sizes = whole(_shares(data, draw), len(source.y))
    owner = yield from deal(sizes, draw)
    return (yield from top_up(owner, data.hospitals, draw))


def _shares(data: Data, draw: np.random.Generator) -> Floats:
    """Each hospital's part of the patients, (K,), as told or drawn."""
    if not data.sizes:
        return draw.dirichlet(np.full(data.hospitals, data.alpha))
    try:
        sizes = np.array([float(size) for size in data.sizes])
    except ValueError:
        raise ScenarioError(
            f"data.sizes: {', '.join(data.sizes)!r} is not a list of numbers; write 10,1,1."
        ) from None
    if not np.all((sizes > 0) & (sizes < np.inf)):
        raise ScenarioError("data.sizes: every size must be above 0, as in 10,1,1.")
    if len(sizes) != data.hospitals:
        raise ScenarioError(
            f"data.sizes: {len(sizes)} sizes for {data.hospitals} hospitals; make both the same."
        )
    sizes /= sizes.max()  # first: their sum may overflow
    return np.asarray(sizes / sizes.sum(), np.float64)
