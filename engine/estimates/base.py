"""What every estimate of a local gradient has in common: whose step it is when, and what it returns.

Inside training the hospital axis comes last: local params are (d, k), a minibatch is (d, b, k).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.arrays import Flags, Floats, Ints
from engine.blocks import LARGEST, Block
from engine.models.base import Model, Workspace
from engine.sections import Training

_READ = 3_000_000  # numbers of patients, at once: some 15 ms
_HELD = 4_000_000  # numbers on the way through a model, at once
_WORK = 10_000_000  # products of a param and a patient, at once: some 20 ms
_CALL = 10_000  # numbers that are computed on while Python makes the calls of one step
_CACHED = 32_000  # params of a block's hospitals together: a step then stays in a processor's cache

Address = tuple[int, int]  # seed and round of the run


@dataclass(frozen=True, eq=False)
class Batch:
    """One local step of those hospitals of a block that take it.

    Attributes:
        active: Their columns in the block.
        fraction: How much of the pass is done after it.
        model: What is trained.
        x: Their patients with a one, (features + 1, b, k_active).
        y: Labels, (b, k_active).
        work: Memory for the way through the model.
    """

    active: slice
    fraction: float
    model: Model
    x: Floats
    y: Floats
    work: Workspace

    def gradient(self, local: Floats, some: slice) -> Floats:
        """What `some` of the b patients add to the estimate at `local` (d, k_active): as large."""
        raise NotImplementedError

    @property
    def pieces(self) -> list[slice]:
        """The patients of the minibatch in runs, each of which fits the memory and takes no long time."""
        b, k = self.y.shape
        patients = min(
            _READ // len(self.x),
            _WORK // self.model.parameters,
            _HELD // max(1, self.model.held),
        )
        each = max(1, patients // k)
        return [slice(start, min(start + each, b)) for start in range(0, b, each)]


@dataclass(frozen=True, eq=False)
class Passed:
    """What a pass over a block's patients was like.

    Attributes:
        losses: Mean log-loss of the patients a hospital looked at, nats, (k,); nan where none.
        took: Whether the hospital took a step in it, (k,).
        clipped: Part of the patients looked at whose gradient was clipped, (k,); None without a clip.
    """

    losses: Floats
    took: Flags
    clipped: Floats | None = None


class Estimate(Protocol):
    """The estimates of one block in one round; `passed` is asked after each pass's batches."""

    epochs: int

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The local steps of a pass, in order."""
        ...

    def passed(self) -> Passed:
        """What the pass just done was like."""
        ...


EstimateOf = Callable[[Block, Training, Address], Estimate]


def expected_batch(training: Training, patients: Ints) -> Ints:
    """b: patients in a step, in the mean where coins choose them, of hospitals with so many, (k,)."""
    return np.minimum(training.batch_size or patients, patients)


def steps_of_round(training: Training, patients: Ints) -> Ints:
    """Local steps in a round, of hospitals with so many patients, (k,)."""
    if training.local_steps:
        return np.full_like(patients, training.local_steps)
    return training.local_epochs * -(-patients // expected_batch(training, patients))


def hospitals_at_once(model: Model) -> int:
    """How many hospitals a block may have: as many as are trained fastest together."""
    if not model.held:
        return LARGEST
    return min(LARGEST, max(1, _CACHED // model.parameters))


LocalStep = tuple[slice, slice, Ints]  # places in the order; active columns; patients in each batch


def in_runs(steps: list[LocalStep], width: int) -> list[LocalStep]:
    """Steps of hospitals whose batches are not of one size, in runs of nearly one size.

    Batches computed together are filled up to the largest of them with nobody. They come largest first,
    so a cut before place j spares (count[0] − count[j]) rows in each from j on; it is made where it
    spares most, as long as that is dearer than another call.
    """
    return [run for step in steps for run in _runs(step, width)]


def _runs(step: LocalStep, width: int) -> list[LocalStep]:
    places, active, count = step
    if count[0] == count[-1]:
        return [step]
    spared = (count[0] - count) * np.arange(len(count), 0, -1)
    at = int(np.argmax(spared))
    if spared[at] * width < _CALL:
        return [step]
    middle = active.start + at
    shorter = slice(places.start, places.start + int(count[at]))
    return [
        *_runs((places, slice(active.start, middle), count[:at]), width),
        *_runs((shorter, slice(middle, active.stop), count[at:]), width),
    ]


class Schedule:
    """Which hospitals of a block take a local step when: a run of columns, the largest first."""

    def __init__(self, sizes: Ints, training: Training) -> None:
        self.sizes = sizes
        self.batch = min(training.batch_size or int(sizes[0]), int(sizes[0]))
        self.each = -(-sizes // self.batch)  # (k,) steps in a full pass, descending
        self.limit = training.local_steps
        self.epochs = -(-self.limit // int(self.each[-1])) if self.limit else training.local_epochs
        self.full_pass = self._full_pass()

    def _full_pass(self) -> list[LocalStep]:
        steps = []
        for step in range(int(self.each[0])):
            start = step * self.batch
            active = slice(0, int(np.count_nonzero(self.each > step)))
            count = np.minimum(self.batch, self.sizes[active] - start)
            steps.append((slice(start, start + int(count[0])), active, count))
        return steps

    def steps(self, epoch: int) -> list[LocalStep]:
        """The steps of a pass: all, or those of hospitals that have not taken `local_steps` yet."""
        if not self.limit:
            return self.full_pass
        left = self.limit - (epoch - 1) * self.each  # ascending: the largest are done first
        steps = []
        for step, (places, active, count) in enumerate(self.full_pass):
            first = int(np.count_nonzero(left <= step))
            if first < active.stop:
                count = count[first:]
                places = slice(places.start, places.start + int(count[0]))
                steps.append((places, slice(first, active.stop), count))
        return steps

    def visited(self, steps: list[LocalStep]) -> Ints:
        """Patients that each hospital visits in these steps, (k,)."""
        if steps is self.full_pass:
            return self.sizes
        visited = np.zeros(len(self.sizes), np.int64)
        for _, active, count in steps:
            visited[active] += count
        return visited
