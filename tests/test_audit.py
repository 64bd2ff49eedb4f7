"""The mechanisms attacked on purpose: what is certified never passes ε, and broken ones are caught.

Thousands of runs with a canary and as many without, each with noise of its own: where noise is a
hospital's, independent runs of one hospital are that many hospitals of one federation; where it is the
server's, a run is a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv

from engine import Scenario
from engine.arrays import Floats
from engine.attacks.audit import any_mechanism, at_most, certified, gaussian, likelihood_ratio
from engine.blocks import blocks
from engine.channels.base import Singles
from engine.codecs.float32 import Float32
from engine.data.federation import Table
from engine.estimates import patient_level
from engine.pipeline import build
from engine.privacy.plan import Plan, make_plan
from engine.stages import gaussian as stage
from engine.stages.base import Moment, Step
from engine.stages.memory import Remembered
from engine.steps import finished
from engine.switch import Setting
from engine.training import train_block

RUNS = 2_000  # with the canary, and as many without
EPSILON, DELTA = 3.0, 1e-5
PATIENTS, COLUMNS = 20, 3
FAR = 100.0  # the canary's own column, zero for everyone else
Audit = tuple[float, float]  # ε certified of any mechanism, and of one known to be Gaussian
Broken = Callable[[Plan], Plan]


def scenario(training: dict[str, object], **privacy: object) -> Scenario:
    """Steps so short that the canary stays misjudged: her gradient is longer than C at every one."""
    return Scenario.from_dict(
        {
            "training": {"learning_rate": 1e-3, **training},
            "privacy": {"epsilon": EPSILON, "delta": DELTA, **privacy},
        }
    )


def planned(of: Scenario, patients: list[int], cohort: int | None = None) -> tuple[Setting, Plan]:
    setting = Setting(of, np.array(patients), COLUMNS)
    plan = finished(make_plan(setting, Float32(), cohort or len(patients), 0, (), None))
    assert plan is not None
    return setting, plan


def audited(seen: Floats, plan: Plan) -> Audit:
    """Of sums along the canary's direction (steps, runs), the first half of the runs with her."""
    q, z = float(plan.sampling_rate[0]), float(plan.noise_multiplier[0])
    inside, outside = np.split(likelihood_ratio(seen, q, z), 2)
    return tuple(certified(inside, outside, by(DELTA)) for by in (any_mechanism, gaussian))


def whole(plan: Plan) -> Plan:
    return plan


def divided(plan: Plan, by: float) -> Plan:
    return replace(plan, noise_multiplier=plan.noise_multiplier / by)


a_fifth_of_the_noise = partial(divided, by=5)


# Patient level.

BATCHES = {"whole": (0, 4), "sampled": (5, 3)}  # patients in a batch, and epochs


def hospitals() -> Table:
    """The same ordinary patients everywhere; in the first half a canary is one of them."""
    draw = np.random.default_rng(1)
    x, y = draw.normal(size=(PATIENTS, COLUMNS)), draw.integers(2, size=PATIENTS).astype(float)
    x[:, 0] = 0
    x[0], y[0] = 0, 0.5
    rows, labels = np.tile(x, (2 * RUNS, 1, 1)), np.tile(y, (2 * RUNS, 1))
    rows[:RUNS, 0, 0], labels[:RUNS, 0] = FAR, 1
    starts = np.arange(2 * RUNS + 1) * PATIENTS
    return Table(rows.reshape(-1, COLUMNS), labels.reshape(-1), starts)


def transcripts(of: Scenario, plan: Plan) -> Floats:
    """Every noised sum along the canary's direction in units of C, (steps, runs), by eavesdropping.

    An objective sees each estimate; this one adds nothing to it and writes it down.
    """
    table, seen = hospitals(), []
    estimate = plan.estimate(Setting(of, table.sizes, COLUMNS))
    for block in blocks(table, np.arange(2 * RUNS)):
        heard: list[Floats] = []

        def listen(gradient: Floats, local: Floats, anchor: Floats, into=heard) -> Floats:
            into.append(-gradient[:, 0])  # she is a case, so her gradient points down
            return gradient

        anchor = np.zeros(COLUMNS + 1)
        list(train_block(block, anchor, of.training, [listen], (7, 1), estimate))
        assert np.array_equal(block.rows, np.sort(block.rows))
        seen.append(np.array(heard))
    expected = plan.sampling_rate[0] * PATIENTS
    return np.concatenate(seen, axis=1) * expected / plan.settings.clip_norm


def patient_level_audit(kind: str, broken: Broken = whole) -> Audit:
    batch, epochs = BATCHES[kind]
    of = scenario({"rounds": 1, "batch_size": batch, "local_epochs": epochs})
    _, plan = planned(of, [PATIENTS] * 2 * RUNS)
    seen = transcripts(of, broken(plan))
    assert seen.shape == (epochs * -(-PATIENTS // (batch or PATIENTS)), 2 * RUNS)
    return audited(seen, plan)


# Hospital level, noise by the server.

SIZES = [40, 30, 20, 10]  # the canary is the largest hospital
ROUNDS = 3


def server_audit(survivors: list[int], broken: Broken = whole) -> Audit:
    """A hospital's update in place or zero; each run has a seed of its own, and `ROUNDS` rounds."""
    of = scenario({"rounds": ROUNDS}, unit="hospital", noise_by="server")
    setting, plan = planned(of, SIZES)
    pipeline = build(setting, len(SIZES), broken(plan))
    update = np.random.default_rng(1).normal(size=(len(SIZES), COLUMNS + 1))
    update[0] = 0
    update[:, 0] = FAR, 0, 0, 0
    here, zeros = np.array(survivors), np.zeros(COLUMNS + 1)
    seen = np.empty((ROUNDS, 2 * RUNS))
    for first, moved in ((0, update), (RUNS, np.where(update == FAR, 0, update))):
        for run, round in product(range(first, first + RUNS), range(1, ROUNDS + 1)):
            at = Moment(run, round, here, setting.patients[here], len(SIZES), zeros)
            if (run, round) == (first, 1):  # there is no chance in what the hospitals do
                upload, _, _ = pipeline.protect(moved[here], at, Remembered())
                arrived = Singles(upload["update"], upload["weight"])
            seen[round - 1, run] = pipeline.combine(arrived, at, Remembered())[0][0]
    return audited(seen / plan.sensitivity, plan)


# Hospital level, noise by each hospital.


def local_audit(broken: Broken = whole) -> Audit:
    """A hospital's update against any other, its opposite; every hospital is a run."""
    of = scenario({"rounds": ROUNDS}, unit="hospital", noise_by="hospital")
    setting, plan = planned(of, [10] * 2 * RUNS)
    pipeline = build(setting, 2 * RUNS, broken(plan))
    update = np.zeros((2 * RUNS, COLUMNS + 1))
    update[:RUNS, 0], update[RUNS:, 0] = FAR, -FAR
    everyone, seen = np.arange(2 * RUNS), []
    for round in range(1, ROUNDS + 1):
        at = Moment(7, round, everyone, setting.patients, 2 * RUNS, np.zeros(COLUMNS + 1))
        upload, _, _ = pipeline.protect(update, at, Remembered())
        seen.append(upload["update"][:, 0] / plan.sensitivity + 0.5)
    return audited(np.array(seen), plan)


# The laws, over all mechanisms.

AUDITS = {
    "patients, whole batches": partial(patient_level_audit, "whole"),
    "patients, sampled": partial(patient_level_audit, "sampled"),
    "hospitals, by the server": partial(server_audit, [0, 1, 2, 3]),
    "hospitals, by themselves": local_audit,
}
every = pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
only_gaussian = [audit for name, audit in AUDITS.items() if name != "patients, sampled"]


@every
def test_an_audit_certifies_part_of_epsilon_and_never_more(audit):
    of_any, of_gaussian = audit()
    assert EPSILON / 8 < of_any <= EPSILON
    if audit in only_gaussian:  # there whoever knows the curve sees more of it
        assert EPSILON / 3 < of_gaussian <= EPSILON


@every
def test_a_fifth_of_the_noise_is_caught(audit):
    of_any, _ = audit(a_fifth_of_the_noise)
    assert of_any > EPSILON


@pytest.mark.parametrize("audit", only_gaussian)
def test_half_of_the_noise_is_caught_by_who_knows_the_curve(audit):
    _, of_gaussian = audit(partial(divided, by=2))
    assert of_gaussian > EPSILON


@every
def test_clipping_left_out_is_caught(audit, monkeypatch):
    monkeypatch.setattr(patient_level, "clip", lambda r, lengths, clip_norm: (r, np.isnan(r)))
    monkeypatch.setattr(stage, "clipped", lambda upload, clip_norm: Step(upload))
    of_any, _ = audit()
    assert of_any > EPSILON


def test_a_division_by_those_who_stayed_is_caught_and_by_planned_weights_none_is():
    """Two of four hospitals are lost. What FedAvg divides by makes the others count double."""
    survivors = [0, 3]
    assert server_audit(survivors)[1] <= EPSILON
    assert server_audit(survivors, lambda plan: replace(plan, total=None))[1] > EPSILON


# The audit itself.


@given(st.integers(0, 60), st.integers(1, 60), st.floats(1e-4, 0.5))
def test_the_bound_is_clopper_and_pearsons(count, more, wrong):
    trials = count + more
    exact = betaincinv(count + 1, trials - count, 1 - wrong)
    assert at_most(count, trials, wrong) == pytest.approx(exact, rel=1e-9)


def test_scores_that_tell_nothing_certify_nothing():
    inside, outside = np.random.default_rng(2).normal(size=(2, RUNS))
    assert certified(inside, outside, any_mechanism(DELTA)) == 0
    assert certified(inside, outside, gaussian(DELTA)) == 0


def test_scores_that_tell_everything_certify_what_so_many_runs_can_see():
    """Not one error in so many runs: 3.7 / n is the bound of either rate, and no more can be known."""
    inside, outside = np.ones(RUNS), np.zeros(RUNS)
    most = np.log((1 - DELTA - 3.689 / (RUNS / 2)) / (3.689 / (RUNS / 2)))
    assert certified(inside, outside, any_mechanism(DELTA)) == pytest.approx(most, abs=0.01)
