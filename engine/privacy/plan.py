"""What privacy plans before the rounds it is for: how much noise, how many releases, how sensitive.

*Patient level*: every local step of a hospital is a release with that hospital's own sampling rate
q = b / n, and z is found for each hospital so that its planned steps meet the budget together. (One z
for all would have the smallest hospital decide.) *Hospital level*: a round is one release. Where the
server adds the noise, an update is clipped to L2 norm S and divided by *planned* weights, so that one
hospital moves the mean by at most S · max(n_i / N) / participation; weights planned for the whole
federation, and noise for the whole plan, do not depend on who takes part or drops out, as dividing by
the cohort's own total would. Every round counts whole for everyone, since who was drawn is no secret
(no amplification by sampling is claimed). Where each hospital adds noise, any two updates are
neighbours, at most 2S apart.

Who is drawn when hangs on the seed and on no patient, so the rounds a hospital will join are known and
planned for. Adjacency is zero-out for noise on sums: a patient's row in place or a row of nothing, a
hospital's message in the sum or not (who sent one is public). A patient of a hospital whose whole update
is clipped moves it by up to 2S, so towards a patient such noise counts half, and so it does where a later
plan promises that no two updates of a hospital can be told apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.arrays import Floats, Ints
from engine.cohort import draw_cohort
from engine.estimates.base import EstimateOf, expected_batch, steps_of_round
from engine.estimates.minibatch import Minibatch
from engine.estimates.patient_level import PatientLevel
from engine.privacy import accountant, ledger
from engine.privacy.groups import alike, rounded_up
from engine.privacy.ledger import Entry, Ledger, Release
from engine.privacy.section import Privacy
from engine.stages.base import Stage
from engine.stages.gaussian import HospitalGaussian, LocalGaussian
from engine.stages.weighting import weights
from engine.steps import Steps
from engine.switch import Setting

if TYPE_CHECKING:
    from engine.codecs.base import Codec

_PLANNING = "planning the noise"


@dataclass(frozen=True, eq=False)
class Plan:
    """Privacy for the rounds to come.

    Attributes:
        since: Rounds done when it was made.
        noise_multiplier: z of each hospital, noise standard deviation per sensitivity, (K,); 0 where
            the budget is infinite, inf where it is gone.
        sampling_rate: q, (K,).
        steps: Releases in a round joined, (K,).
        sensitivity: L2, the most that one unit moves what noise is added to.
        total: What the server divides the weighted sum by, where it is fixed in advance.
        group: Which of `curves` is a hospital's, (K,).
        curves: ε after 0, 1, 2 … rounds joined, what was released before included.
        best_guess: After all of them, how often the best test tells whether one unit was in it; of the
            hospital where it does so most often.
        basis: The settings it was made for; another basis needs another plan.
        above: By how much ε is told too high where hospitals are planned for alike, relative; of the
            hospital whose rate and releases were raised most.
    """

    settings: Privacy
    since: int
    noise_multiplier: Floats
    sampling_rate: Floats
    steps: Ints
    sensitivity: float
    total: float | None
    group: Ints
    curves: tuple[Floats, ...]
    best_guess: float
    basis: str
    above: float = 0.0

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What acts on a whole update: clip in the hospital, noise there or on the server."""
        clip_norm, z = self.settings.clip_norm, self.noise_multiplier
        if self.settings.unit == "patient":
            return ()
        if self.settings.trusts_server:
            return (HospitalGaussian(clip_norm, float(z.max()) * self.sensitivity),)
        return (LocalGaussian(clip_norm, z * self.sensitivity),)

    def estimate(self, setting: Setting) -> EstimateOf:
        """What acts on a patient's gradient."""
        if self.settings.unit == "patient":
            clip_norm, z = self.settings.clip_norm, self.noise_multiplier
            return PatientLevel(setting.model, clip_norm, z, setting.class_weights)
        return Minibatch(setting.model, setting.class_weights)

    def entry(self, sent: Ints) -> Entry:
        """What a round releases in which the updates of `sent` (k,) are in the sum."""
        z, nothing = self.noise_multiplier, np.zeros(len(self.steps))
        counted = np.isin(self.everyone, self._counted(sent))
        patient, hospital = {
            ("patient", "hospital"): (z, nothing),
            ("hospital", "server"): (z / 2, z),
            ("hospital", "hospital"): (z, z),
        }[self.settings.unit, self.settings.noise_by]
        return Entry(self.since, patient, hospital, self.sampling_rate, self.steps * counted)

    @property
    def everyone(self) -> Ints:
        """All hospitals of the federation, (K,)."""
        return np.arange(len(self.steps))

    def spent(self, released: Ledger) -> Floats:
        """ε of what was released, at this plan's δ, for each hospital's units, (K,)."""
        return self._after(self._joined(released), self.everyone)

    def affords(self, released: Ledger, cohort: Ints) -> bool:
        """Whether a round of `cohort` keeps everyone within the budget.

        An infinite ε can be neither kept nor lost, so it stops nobody; a budget that is gone does.
        """
        joins = self._counted(cohort)
        if np.isinf(self.noise_multiplier[joins]).any():
            return False
        joined = self._joined(released)[joins]
        before, after = self._after(joined, joins), self._after(joined + 1, joins)
        return bool(np.all((after <= self.settings.epsilon) | np.isinf(before)))

    def as_dict(self) -> dict[str, Any]:
        """What results and screens show of the plan; at patient level by hospital, (K,).

        `spent` is the ε that it begins with, `best_guess` what it ends with.
        """
        patient = self.settings.unit == "patient"
        # Where whole hospitals are hidden all add the same, but for those whose budget is gone.
        z = self.noise_multiplier if patient else float(self.noise_multiplier.min())
        return {
            "unit": self.settings.unit,
            "noise_by": self.settings.noise_by,
            "noise_multiplier": z,
            "noise_std": z * self.sensitivity,
            "sensitivity": self.sensitivity,
            "clip_norm": self.settings.clip_norm,
            "sampling_rate": self.sampling_rate,
            "steps": self.steps,
            "delta": self.settings.delta,
            "budget": self.settings.epsilon,
            "spent": self._after(np.zeros_like(self.steps), self.everyone),
            "best_guess": self.best_guess,
        }

    def _counted(self, there: Ints) -> Ints:
        """For whom a round counts in which these take part: for all where the server adds the noise."""
        return self.everyone if self.settings.trusts_server else there

    def _joined(self, released: Ledger) -> Ints:
        """Rounds that each hospital has joined under this plan, (K,)."""
        if not released or released[-1].since != self.since:
            return np.zeros(len(self.steps), np.int64)
        return np.asarray(released[-1].counts // np.maximum(self.steps, 1))

    def _after(self, joined: Ints, hospitals: Ints) -> Floats:
        """ε of these hospitals after so many rounds, (k,); more than was planned costs without bound."""
        group, spent = self.group[hospitals], np.full(len(joined), math.inf)
        for index, curve in enumerate(self.curves):
            mine = (group == index) & (joined < len(curve))
            spent[mine] = curve[joined[mine]]
        return spent


def make_plan(
    setting: Setting, codec: Codec, cohort_size: int, done: int, released: Ledger, old: Plan | None
) -> Steps[Plan | None]:
    """The plan for the rounds after `done`, or None without privacy; yields what it does, how far it is.

    `old` is kept where nothing it rests on has changed, so that a fork goes on bit for bit.
    """
    settings = setting.scenario.get(Privacy)
    if settings is None:
        return None
    hospitals = len(setting.patients)
    basis = repr((settings, cohort_size, _rests_on(setting, settings, codec)))
    if old is not None and old.basis == basis:
        return old
    q, steps = _releases(setting, settings)
    joins = _joins(setting, settings, cohort_size, done)
    pasts, past = ledger.pasts(released, settings.neighbours, hospitals)
    raised = rounded_up(q, steps, joins)
    groups, group = alike(past, *raised)
    needed = np.zeros(len(groups))
    for number, (index, rate, releases, rounds) in enumerate(groups):
        yield _PLANNING, number, 2 * len(groups)
        needed[number] = _noise_multiplier(settings, pasts[index], rate, releases * rounds)
    z, curves, guesses = _added(settings, needed), [], [0.5]
    for number, (index, rate, releases, rounds) in enumerate(groups):
        yield _PLANNING, len(groups) + number, 2 * len(groups)
        one_round = Release(float(z[number]), releases, rate)
        curves.append(accountant.curve(pasts[index], one_round, rounds, settings.delta))
        planned = replace(one_round, count=releases * rounds)
        guesses.append(accountant.best_guess((*pasts[index], planned)))
    most = int(np.argmax(np.log(raised[0] / q) + np.log(raised[1] / steps) / 2))
    above = 0.0
    if z[group[most]] > 0 and (raised[0][most], raised[1][most]) != (q[most], steps[most]):
        exact = Release(float(z[group[most]]), int(steps[most] * joins[most]), float(q[most]))
        cost = accountant.epsilon((*pasts[past[most]], exact), settings.delta)
        above = float(curves[group[most]][joins[most]]) / cost - 1 if 0 < cost < math.inf else 0.0
    total = _total(setting, cohort_size) if settings.trusts_server else None
    return Plan(
        settings=settings,
        since=done,
        noise_multiplier=z[group],
        sampling_rate=q,
        steps=steps,
        sensitivity=_sensitivity(setting, settings, codec, total),
        total=total,
        group=group,
        curves=tuple(curves),
        best_guess=max(guesses),
        basis=basis,
        above=above,
    )


def _added(settings: Privacy, needed: Floats) -> Floats:
    """The z that is added, where so much is `needed` for each group of hospitals, (groups,).

    Patients get their own hospital's. The server adds one noise for all, so it must do for those who
    need most. Whole hospitals that add their own all add the same as well, but for those whose budget is
    gone: they take no further part.
    """
    if settings.unit == "patient" or not needed.size:
        return needed
    if settings.trusts_server:
        return np.full_like(needed, needed.max())
    gone = np.isinf(needed)
    return np.where(gone, math.inf, needed.max(where=~gone, initial=0.0))


def _rests_on(setting: Setting, settings: Privacy, codec: Codec) -> tuple[object, ...]:
    """What else a plan hangs on: how often is released, and what a unit weighs in it; no learning rate."""
    training = setting.scenario.training
    if settings.unit == "patient":
        work = training.batch_size, training.local_epochs, training.local_steps
        return training.rounds, *work
    return training.rounds, *((training.weighting, codec) if settings.trusts_server else ())


def _noise_multiplier(
    settings: Privacy, past: ledger.Releases, rate: float, releases: int
) -> float:
    if math.isinf(settings.epsilon) or not releases:
        return 0.0
    return accountant.noise_multiplier(settings.epsilon, settings.delta, releases, rate, past)


def _releases(setting: Setting, settings: Privacy) -> tuple[Floats, Ints]:
    """Sampling rate and releases in a round, of each hospital, (K,) and (K,)."""
    n, training = np.maximum(setting.patients, 1), setting.scenario.training
    if settings.unit == "hospital":
        return np.ones(len(n)), np.ones(len(n), np.int64)
    return expected_batch(training, n) / n, steps_of_round(training, n)


def _joins(setting: Setting, settings: Privacy, cohort_size: int, done: int) -> Ints:
    """Rounds after `done` that count for each hospital, (K,)."""
    hospitals, rounds = len(setting.patients), setting.scenario.training.rounds
    if settings.trusts_server or cohort_size == hospitals:
        return np.full(hospitals, rounds - done)
    joins = np.zeros(hospitals, np.int64)
    for round in range(done + 1, rounds + 1):
        joins[draw_cohort(setting.seed, round, cohort_size, hospitals)] += 1
    # Whole hospitals that add their own noise all add the same: as the most often drawn one must.
    # A hospital that is never drawn is planned for as if it were once: others may ask what it would do.
    return np.maximum(joins, 1) if settings.unit == "patient" else np.full(hospitals, joins.max())


def _total(setting: Setting, cohort_size: int) -> float:
    """Participation as it is drawn · Σ weights."""
    votes = weights(setting.scenario.training.weighting, setting.patients)
    return cohort_size / len(votes) * float(np.sum(votes))


def _sensitivity(setting: Setting, settings: Privacy, codec: Codec, total: float | None) -> float:
    """Of the mean where the server adds the noise; else of a patients' sum, or of an update."""
    if settings.unit == "patient":
        return settings.clip_norm
    if total is None:
        return 2 * settings.clip_norm
    votes = weights(setting.scenario.training.weighting, setting.patients)
    longest = codec.longest(settings.clip_norm, setting.parameters)
    return longest * float(np.max(votes)) / total
