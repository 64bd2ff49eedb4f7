"""Hospitals that differ in their labels: the rate of positives is another one in each.

- dirichlet: each class is split over hospitals by Dir(α) (Yurochkin et al. 2019, section 4):
  labels and sizes differ together.
- label_mix: equal sizes, each hospital's rate of positives drawn from Dir(2α·p), p being the rates
  of the two classes (Hsu et al. 2019, section 3): Dir(α, α) where they are even, and everywhere a
  mean that the patients can meet.
- pathological: patients sorted by label are cut into shards of one size, and each hospital gets a
  few shards (McMahan et al. 2017, section 3). With one shard nearly every hospital has one class
  only; with two, the paper's number, about half of them do.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats, Ints
from engine.data.partition.dealing import STEP, Placed, equal, top_up, whole
from engine.data.source import Source
from engine.errors import DataError
from engine.randomness import stream
from engine.sections import Data
from engine.steps import Steps

RAREST = 1e-9  # a class without patients still needs a place in the draw


def dirichlet(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """Each class is split over the hospitals by a draw of its own."""
    draw, y = stream(seed, "partition"), source.y
    positives, even = int(y.sum()), np.full(data.hospitals, data.alpha)
    per_class = [whole(draw.dirichlet(even), size) for size in (len(y) - positives, positives)]
    owner = yield from _fill(y, np.stack(per_class, axis=1), draw)
    return (yield from top_up(owner, data.hospitals, draw))


def label_mix(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """Hospitals of one size, each with a rate of its own."""
    draw, y, hospitals = stream(seed, "partition"), source.y, data.hospitals
    positives, negatives = int(y.sum()), int((1 - y).sum())
    sizes = whole(equal(hospitals), len(y))
    prior = np.maximum(np.array([positives, negatives]) / len(y), RAREST)
    rates = draw.dirichlet(2 * data.alpha * prior, size=hospitals)[:, 0]
    wanted = np.rint(rates * sizes).astype(np.int64)
    # Hospitals are filled in order; one bound is reached when the pool of positives is empty, the
    # other when that of negatives is.
    taken = np.clip(np.cumsum(wanted), np.cumsum(sizes) - negatives, positives)
    given = np.diff(taken, prepend=0)
    owner = yield from _fill(y, np.stack([sizes - given, given], axis=1), draw)
    short = int(np.sum(given != wanted))
    if not short:
        return Placed(owner)
    note = (
        f"One class ran out: {short:,} of {hospitals:,} hospitals hold what was left of the other."
    )
    return Placed(owner, (note,))


def pathological(source: Source, data: Data, seed: int) -> Steps[Placed]:
    """A few shards each, of patients sorted by label.

    Raises:
        DataError: There are more shards than patients.
    """
    draw, patients = stream(seed, "partition"), len(source.y)
    shards = data.hospitals * data.shards
    if shards > patients:
        raise DataError(
            f"data.shards: {patients:,} patients do not make {shards:,} shards; "
            f"lower data.shards or data.hospitals."
        )
    sorted_by_label = []
    for label in (0, 1):
        sorted_by_label.append(draw.permutation(np.flatnonzero(source.y == label)))
        yield STEP
    hands = draw.permutation(np.repeat(np.arange(data.hospitals), data.shards))
    owner = np.empty(patients, np.int64)
    owner[np.concatenate(sorted_by_label)] = np.repeat(hands, whole(equal(shards), patients))
    return Placed(owner)


def _fill(y: Floats, counts: Ints, draw: np.random.Generator) -> Steps[Ints]:
    """Owners such that hospital i gets counts[i] = (negatives, positives), at random."""
    owner = np.empty(len(y), np.int64)
    for label in (0, 1):
        pool = draw.permutation(np.flatnonzero(y == label))
        yield STEP
        owner[pool] = np.repeat(np.arange(len(counts)), counts[:, label])
    return owner
