"""What a run really released: the noise that its stages added, measured, and what it costs.

The ledger, the plan and the accountant are not asked. While a run is watched, what each stage was given
is subtracted from what it returned, and divided by the standard normal numbers of that address: so much
noise was added. What becomes of it is read from the events, and dp-accounting says what it costs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution

from engine import Scenario
from engine.arrays import Floats, Ints
from engine.codecs.section import codec_of
from engine.estimates import patient_level
from engine.events import Aggregated, Event, SharesRevealed, SurvivorsAnnounced
from engine.privacy.section import Privacy
from engine.randomness import ByHospital
from engine.stages.gaussian import HospitalGaussian, LocalGaussian

Mechanisms = Counter[tuple[float, float]]  # (z, q) → how often


@dataclass
class Round:
    """Of one round: the noise that was added, and who was in what was read."""

    by_server: float | None = None  # standard deviation
    by_hospital: dict[int, float] = field(default_factory=dict)
    at_steps: dict[int, list[float]] = field(default_factory=dict)  # of each local step
    survivors: Ints | None = None
    opening: Ints | None = None  # whose shares are being revealed
    combined: bool = False

    @property
    def read(self) -> Ints:
        """Whose messages are in what somebody could read."""
        if self.combined and self.survivors is not None:
            return self.survivors
        return np.zeros(0, np.int64) if self.opening is None else self.opening


class Watch:
    """All rounds of a run, and of what was forked from it."""

    def __init__(self) -> None:
        self.rounds: dict[int, Round] = {}

    def at(self, round: int) -> Round:
        return self.rounds.setdefault(round, Round())

    def see(self, event: Event) -> None:
        """Who was in what was read."""
        match event:
            case SurvivorsAnnounced():
                self.at(event.round).survivors = event.cohort
            case SharesRevealed():
                self.at(event.round).opening = self.at(event.round).survivors
            case Aggregated():
                self.at(event.round).survivors = event.cohort
                self.at(event.round).combined = True

    def forget_after(self, round: int) -> None:
        """A fork begins here: what came later belongs to another world."""
        self.rounds = {number: of for number, of in self.rounds.items() if number <= round}


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Measure what the stages of the runs inside add."""
    watch = Watch()
    server, local = HospitalGaussian.on_server, LocalGaussian.on_client
    clip, batches = HospitalGaussian.on_client, patient_level._Poisson.batches

    def on_server(stage: Any, combined: Any, at: Any, memory: Any) -> Any:
        step = server(stage, combined, at, memory)
        draws = at.stream("noise").standard_normal(combined["update"].shape)
        watch.at(at.round).by_server = _ratio(step.value["update"] - combined["update"], draws)
        return step

    def on_client(stage: Any, upload: Any, at: Any, memory: Any) -> Any:
        step, short = local(stage, upload, at, memory), clip(stage, upload, at, memory)
        draws = at.stream("hospital noise").standard_normal((at.hospitals, len(at.anchor)))
        noise = step.value["update"] - short.value["update"]
        for row, hospital in enumerate(at.cohort.tolist()):
            watch.at(at.round).by_hospital[hospital] = _ratio(noise[row], draws[hospital])
        return step

    def at_steps(block: Any, epoch: int) -> Iterator[Any]:
        seed, round = block.address
        who, d = block.block.hospitals, block.of.model.parameters
        draws = ByHospital(seed, "patient noise", round, epoch, hospitals=who, width=d)
        for step in batches(block, epoch):
            (unit,) = draws.normal(1)
            for column, hospital in enumerate(who[step.active].tolist()):
                added = _ratio(step.noise[:, column], unit[:, step.active][:, column])
                watch.at(round).at_steps.setdefault(hospital, []).append(added)
            yield step

    patch.setattr(HospitalGaussian, "on_server", on_server)
    patch.setattr(LocalGaussian, "on_client", on_client)
    patch.setattr(patient_level._Poisson, "batches", at_steps)
    yield watch
    patch.undo()


def _ratio(added: Floats, draws: Floats) -> float:
    """The standard deviation of noise that is so many times these draws, in every coordinate."""
    found = float(np.median(added / draws))
    np.testing.assert_allclose(added, found * draws, rtol=1e-5, atol=1e-9 * max(found, 1e-9))
    return found


def released(
    watch: Watch,
    settings: Callable[[int], Scenario],
    sizes: Ints,
    parameters: int,
    last: int,
    hospital: int,
) -> Mechanisms | None:
    """What rounds 1 … `last` released of one unit of `hospital`; None where some of it had no noise.

    Whose unit that is says the privacy section in force in round `last`. Sensitivities are the design's,
    section 2: a patient moves a sum of clipped gradients by C, an update by 2S; a hospital moves the mean
    by S · max(share) / participation; any two updates of one lie 2S apart.
    """
    promised = settings(last).get(Privacy)
    assert promised is not None
    found: Mechanisms = Counter()
    for number in range(1, last + 1):
        of, now = watch.rounds.get(number, Round()), settings(number)
        privacy = now.get(Privacy)
        if privacy is None:
            if hospital in of.read:
                return None
            continue
        unit, local = promised.unit, promised.noise_by == "hospital"
        if privacy.unit == "patient":
            if hospital not in of.read:
                continue
            if unit != "patient":
                return None
            n = int(sizes[hospital])
            q = min(now.training.batch_size or n, n) / n
            for std in of.at_steps[hospital]:
                found[std / privacy.clip_norm, q] += 1
        elif privacy.noise_by == "server":
            if of.by_server is None:
                continue  # no model was made of it
            votes = sizes if now.training.weighting == "patients" else np.ones(len(sizes))
            drawn = max(1, round(now.training.participation * len(sizes)))
            drawn = max(drawn, min(2, len(sizes))) if now.on("masking") else drawn
            total = votes.sum() * drawn / len(sizes)
            longest = codec_of(now).longest(privacy.clip_norm, parameters)
            twice = 1 if unit == "hospital" and not local else 2
            found[of.by_server / (twice * longest * votes.max() / total), 1.0] += 1
        elif hospital in of.read:
            found[of.by_hospital[hospital] / (2 * privacy.clip_norm), 1.0] += 1
    return None if any(z == 0 for z, _ in found) else found


def cost(mechanisms: Mechanisms, delta: float) -> float:
    """ε of all of them together, by dp-accounting: from its upper side, a hair's breadth above."""
    merged: Mechanisms = Counter()
    whole = math.fsum(n / z**2 for (z, q), n in mechanisms.items() if q == 1)
    if whole:  # Gaussian releases of everybody are one of their own
        merged[_digits(1 / math.sqrt(whole)), 1.0] = 1
    for (z, q), count in mechanisms.items():
        if q < 1:
            merged[_digits(z), q] += count
    return _cost(tuple(sorted(merged.items())), delta)


def _digits(z: float) -> float:
    """Nine digits: as much as is known of a measured standard deviation."""
    return float(f"{z:.9g}")


@cache
def _cost(mechanisms: tuple[tuple[tuple[float, float], int], ...], delta: float) -> float:
    if not mechanisms:
        return 0.0
    kinds = [_one(z, q).self_compose(count) for (z, q), count in mechanisms]
    return float(reduce(lambda a, b: a.compose(b), kinds).get_epsilon_for_delta(delta))


@cache
def _one(z: float, q: float) -> Any:
    return privacy_loss_distribution.from_gaussian_mechanism(
        z, value_discretization_interval=5e-4, sampling_prob=q
    )
