"""How patients fall to hospitals.

- iid: shuffled, equal sizes.
- dirichlet: each class is split over hospitals by Dir(α) (Yurochkin et al. 2019, section 4):
  labels and sizes differ together.
- label_mix: equal sizes, each hospital's rate of positives drawn from Dir(2α·p), p being the rates
  of the two classes (Hsu et al. 2019, section 3): Dir(α, α) where they are even, and everywhere a
  mean that the patients can meet.
- quantity: sizes differ, by given proportions or by Dir(α); labels do not.

A partition moves rows and never changes what is in them.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats, Ints
from engine.errors import DataError, ScenarioError
from engine.randomness import stream
from engine.sections import Data

FEWEST = 2  # patients in a hospital, so that one can be held out
RAREST = 1e-9  # a class without patients still needs a place in the draw

Placed = tuple[Ints, tuple[str, ...]]  # owner (N,), notes


def place(y: Floats, data: Data, seed: int) -> Placed:
    """A hospital for each of the patients with labels `y`: owner (N,), and notes.

    Raises:
        ScenarioError: Impossible sizes.
        DataError: Too few patients for so many hospitals.
    """
    hospitals, patients = data.hospitals, len(y)
    if hospitals > patients:
        raise DataError(
            f"data.hospitals: {hospitals:,} hospitals for {patients:,} patients; "
            f"choose at most {patients:,}."
        )
    draw = stream(seed, "partition")
    if data.partition == "dirichlet":
        return _top_up(_dirichlet(y, hospitals, data.alpha, draw), hospitals, draw)
    if data.partition == "label_mix":
        return _label_mix(y, hospitals, data.alpha, draw)
    if data.partition == "quantity":
        shares = _shares(data, draw)
        return _top_up(_deal(_whole(shares, patients), draw), hospitals, draw)
    return _deal(_whole(np.full(hospitals, 1 / hospitals), patients), draw), ()


def _deal(sizes: Ints, draw: np.random.Generator) -> Ints:
    owner = np.empty(int(sizes.sum()), np.int64)
    owner[draw.permutation(len(owner))] = np.repeat(np.arange(len(sizes)), sizes)
    return owner


def _fill(y: Floats, counts: Ints, draw: np.random.Generator) -> Ints:
    """Owners such that hospital i gets counts[i] = (negatives, positives), at random."""
    owner = np.empty(len(y), np.int64)
    for label in (0, 1):
        pool = draw.permutation(np.flatnonzero(y == label))
        owner[pool] = np.repeat(np.arange(len(counts)), counts[:, label])
    return owner


def _dirichlet(y: Floats, hospitals: int, alpha: float, draw: np.random.Generator) -> Ints:
    positives = int(y.sum())
    counts = np.stack(
        [
            _whole(draw.dirichlet(np.full(hospitals, alpha)), size)
            for size in (len(y) - positives, positives)
        ],
        axis=1,
    )
    return _fill(y, counts, draw)


def _label_mix(y: Floats, hospitals: int, alpha: float, draw: np.random.Generator) -> Placed:
    positives, negatives = int(y.sum()), int((1 - y).sum())
    sizes = _whole(np.full(hospitals, 1 / hospitals), len(y))
    prior = np.maximum(np.array([positives, negatives]) / len(y), RAREST)
    rates = draw.dirichlet(2 * alpha * prior, size=hospitals)[:, 0]
    wanted = np.rint(rates * sizes).astype(np.int64)
    # Hospitals are filled in order; one bound is reached when the pool of positives is empty, the
    # other when that of negatives is.
    taken = np.clip(np.cumsum(wanted), np.cumsum(sizes) - negatives, positives)
    given = np.diff(taken, prepend=0)
    short = int(np.sum(given != wanted))
    placed = _fill(y, np.stack([sizes - given, given], axis=1), draw)
    if not short:
        return placed, ()
    return placed, (
        f"One class ran out: {short:,} of {hospitals:,} hospitals hold what was left of the other.",
    )


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


def _whole(shares: Floats, total: int) -> Ints:
    """Whole numbers that sum to `total`, each within one of its share (by largest remainder)."""
    exact = shares * total
    whole = np.floor(exact).astype(np.int64)
    missing = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole


def _top_up(owner: Ints, hospitals: int, draw: np.random.Generator) -> Placed:
    """Nobody keeps fewer than two patients: the largest hospitals give, any of theirs."""
    sizes = np.bincount(owner, minlength=hospitals)
    missing = np.maximum(FEWEST - sizes, 0)
    if not missing.any():
        return owner, ()
    if len(owner) < FEWEST * hospitals:
        raise DataError(
            f"data.hospitals: {len(owner):,} patients do not give {hospitals:,} hospitals "
            f"{FEWEST} each; choose at most {len(owner) // FEWEST:,}."
        )
    given = sizes - _lowered(sizes, int(missing.sum()))
    order = np.lexsort((draw.random(len(owner)), owner))
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    leaving = order[rank < np.repeat(given, sizes)]
    owner = owner.copy()
    owner[leaving] = np.repeat(np.arange(hospitals), missing)
    helped = int(np.sum(missing > 0))
    return owner, (
        f"{helped:,} of {hospitals:,} hospitals would have had fewer than {FEWEST} patients; "
        "the largest gave them some.",
    )


def _lowered(sizes: Ints, taken: int) -> Ints:
    """`sizes` after `taken` single patients have each been taken from the then largest hospital."""
    order = np.argsort(-sizes, kind="stable")
    falling = sizes[order]
    # With the m largest levelled to the size of the next, this many have been taken.
    room = np.cumsum(falling) - falling * np.arange(1, len(sizes) + 1)
    m = int(np.searchsorted(room, taken, side="right"))  # those that give
    level, over = divmod(int(falling[:m].sum()) - taken, m)
    lowered = falling.copy()
    lowered[:m] = level
    lowered[:over] += 1
    result = np.empty_like(sizes)
    result[order] = lowered
    return result
