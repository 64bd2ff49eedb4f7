"""Which patients are held out: some of each hospital's, both classes alike where it can be done."""

from __future__ import annotations

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.data.order import ordered
from engine.randomness import stream
from engine.steps import Steps, finished

_WHAT = "choosing held-out patients"


def hold_out(y: Floats, owner: Ints, hospitals: int, fraction: float, seed: int) -> Flags:
    """`holding_out`, all its steps at once."""
    return finished(holding_out(y, owner, hospitals, fraction, seed))


def holding_out(y: Floats, owner: Ints, hospitals: int, fraction: float, seed: int) -> Steps[Flags]:
    """The held-out patients, (N,): `fraction` of each hospital, at least one, never all.

    A hospital with two or more of each class holds out the same part of both. A patient's draw
    belongs to the patient, wherever the partition puts them.
    """
    label = (y > 0.5).astype(np.int64)
    counts = np.bincount(owner * 2 + label, minlength=2 * hospitals).reshape(hospitals, 2)
    yield _WHAT, 0, len(y)
    stratified = counts.min(axis=1) >= 2
    quota = _quota(counts, stratified, fraction)
    group = owner * 2 + label * stratified[owner]
    yield _WHAT, 0, len(y)
    draw = stream(seed, "split").random(len(y))
    order = yield from ordered(group, draw, 2 * hospitals)
    sizes = np.bincount(group, minlength=2 * hospitals)
    rank = np.arange(len(y)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    yield _WHAT, len(y), len(y)
    held_out = np.empty(len(y), np.bool_)
    held_out[order] = rank < np.repeat(quota.ravel(), sizes)
    yield _WHAT, len(y), len(y)
    return held_out


def _quota(counts: Ints, stratified: Flags, fraction: float) -> Ints:
    """How many each hospital holds out of its two groups, (K, 2); one group if not stratified."""
    sizes = counts.sum(axis=1)
    out = np.rint(fraction * sizes).astype(np.int64)
    out = np.clip(out, np.minimum(1, sizes - 1), np.maximum(sizes - 1, 0))
    negatives, positives = counts.T
    share = np.rint(out * positives / np.maximum(sizes, 1)).astype(np.int64)
    both = (out >= 2).astype(np.int64)  # room for one of each class
    share = np.clip(
        share, np.maximum(both, out - negatives + 1), np.minimum(positives - 1, out - both)
    )
    share = np.where(stratified, share, 0)
    return np.stack([out - share, share], axis=1)
