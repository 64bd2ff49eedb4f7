"""Concept shift: the same patients come to every hospital, and the columns mean something else.

Patients are dealt at random. Each hospital then draws a half-space of its own, and in it turns the
labels round: it hands them on in the reverse order of risk, so that the patient who looked likeliest
to be positive gets the label of the one who looked least likely. p(x) and every hospital's rate of
positives stay as they were; p(y | x) differs (Kairouz et al. 2021, "Advances and open problems in
federated learning", section 3.1: same features, different label). α says how large the half-space
is: it holds ½/(1 + α) of the hospital's patients, half of them where α is small, none where it is
large.

Risk is the sum of the standardised columns, each times its covariance with the label. This is the
one partitioner that changes what is in a row, and a note says in how many.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.partition.dealing import Placed
from engine.data.partition.directions import space
from engine.data.partition.sizes import iid
from engine.data.source import Source
from engine.randomness import stream
from engine.sections import Data


def concept(source: Source, data: Data, seed: int) -> Placed:
    """Equal hospitals dealt at random, each with labels turned round somewhere else."""
    owner, here = iid(source, data, seed).owner, space(source)
    drawn = stream(seed, "half-spaces").standard_normal((data.hospitals, source.x.shape[1]))
    depth = here.along(here.aside(drawn), owner)
    risk = here.along(here.label[None], np.zeros_like(owner))
    inside = np.flatnonzero(_deepest(depth, owner, 0.5 / (1 + data.alpha)))
    labels = source.y.copy()
    labels[inside] = _reversed(labels[inside], risk[inside], owner[inside])
    changed = int(np.sum(labels != source.y))
    note = (
        f"The labels of {changed:,} of {len(labels):,} patients were changed: in a half-space of its "
        "own each hospital handed them on in the reverse order of risk."
    )
    return Placed(owner, (note,), labels)


def _deepest(depth: Floats, owner: Ints, part: float) -> Flags:
    """The `part` of each hospital's patients with the largest `depth`, (N,)."""
    sizes = np.bincount(owner)
    order = np.lexsort((-depth, owner))
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = np.empty(len(owner), np.bool_)
    chosen[order] = rank < np.repeat(np.rint(part * sizes), sizes)
    return chosen


def _reversed(labels: Floats, risk: Floats, owner: Ints) -> Floats:
    """Labels handed on, in each hospital, from the patient with the r-th highest risk to the one
    with the r-th lowest.
    """
    turned = np.empty_like(labels)
    turned[np.lexsort((risk, owner))] = labels[np.lexsort((-risk, owner))]
    return turned
