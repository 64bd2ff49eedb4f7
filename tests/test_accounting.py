"""The accountant against other people's numbers, against the exact integral, and against itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ScenarioError
from engine.privacy import accountant, analytic
from engine.privacy.accountant import best_guess, ceiling, curve, epsilon, naive, noise_multiplier
from engine.privacy.dots import Spacing, dots
from engine.privacy.ledger import Release
from engine.privacy.losses import Mechanism

# dp-accounting 0.6.0, pessimistic privacy-loss distribution at 1e-4: q, z, steps, δ, ε.
REFERENCE = [
    (1.0, 1.0, 1, 1e-5, 4.377178),
    (1.0, 5.0, 20, 1e-5, 3.84861),
    (1.0, 20.0, 100, 1e-6, 2.254085),
    (0.1, 1.1, 20, 1e-5, 2.975705),
    (0.5, 1.0, 100, 1e-5, 39.975003),
    (0.05, 0.8, 2000, 1e-5, 26.576933),
    (0.01, 0.7, 3000, 1e-6, 8.583611),
    (0.16, 1.5, 250, 1e-5, 9.751555),
    (1.0, 3.730632, 1, 1e-5, 1.0),
]
# One whole release: ε, δ, z.
ANALYTIC = [
    (0.1, 1e-5, 30.749566),
    (1, 1e-3, 2.574657),
    (1, 1e-6, 4.224679),
    (3, 1e-5, 1.390593),
    (8, 1e-5, 0.600229),
    (1, 1e-8, 5.100309),
]
LESS_THAN_A_HUNDREDTH_OF_A_PERCENT = 1e-4
ROUNDING_UP = 5e-5  # relative; in 700 random settings the grid added 1.6e-5 at most


def exact_delta(releases: tuple[Release, ...], epsilon: float) -> float:
    """δ(ε) with the unit against without, by the integral that inverts the moments: no grid, no FFT.

    δ = 1/2πi ∫ e^(K(s) − sε) / s(s + 1) ds up any line Re s > 0, with K(s) the log of E[e^(sL)]; the
    trapezoid rule is exact to round-off, both for the moments and along the line. A line somewhat
    before the saddle is the safer one: beyond it, the moments of a rare sampling's tail explode.
    """
    orders = np.geomspace(1e-2, 1e4, 120)
    order = 0.7 * orders[np.argmin(log_terms(releases, epsilon, orders).real)]
    t = np.linspace(0, 15, 1001) / spread(releases)
    values = np.exp(log_terms(releases, epsilon, order + 1j * t)).real
    assert abs(values[-1]) < 1e-7 * values[0]
    values[0] /= 2
    return float(values.sum() * (t[1] - t[0]) / math.pi)


def log_terms(releases: tuple[Release, ...], epsilon: float, s):
    """K(s) − sε − log s(s + 1)."""
    log = -s * epsilon - np.log(s * (s + 1))
    for r in releases:
        z, q = r.noise_multiplier, r.sampling_rate
        step = min(z / 8, z * z / (2 + np.abs(s.imag).max()))  # the phase turns slowly
        x = np.arange(-13 * z, 1 + 13 * z, step)
        with np.errstate(divide="ignore"):
            loss = np.logaddexp(np.log1p(-q), np.log(q) + (2 * x - 1) / (2 * z * z))
        weight = loss - (x / z) ** 2 / 2 + np.log(step / z / math.sqrt(2 * math.pi))
        exponents = s[:, None] * loss + weight
        most = exponents.real.max(axis=1)
        log = log + r.count * (most + np.log(np.exp(exponents - most[:, None]).sum(axis=1)))
    return log


def spread(releases: tuple[Release, ...]) -> float:
    """About the standard deviation of the sum of losses."""
    each = [(r.sampling_rate**2 * math.expm1(r.noise_multiplier**-2), r) for r in releases]
    return math.sqrt(sum(r.count * min(one, r.noise_multiplier**-2) for one, r in each))


@pytest.mark.parametrize(("q", "z", "steps", "delta", "reference"), REFERENCE)
def test_epsilon_is_the_references_and_not_below(q, z, steps, delta, reference):
    ours = epsilon((Release(z, steps, q),), delta)
    assert ours == pytest.approx(reference, rel=LESS_THAN_A_HUNDREDTH_OF_A_PERCENT)
    assert ours >= reference * (1 - 1e-6)


@pytest.mark.parametrize(("budget", "delta", "z"), ANALYTIC)
def test_one_whole_release_is_calibrated_to_the_reference(budget, delta, z):
    assert noise_multiplier(budget, delta, 1) == pytest.approx(z, rel=1e-6)


@pytest.mark.parametrize(("q", "z"), [(1.0, 16.683892), (0.1, 2.102227)])
def test_twenty_releases_are_calibrated_to_the_reference(q, z):
    assert noise_multiplier(1.0, 1e-5, 20, q) == pytest.approx(z, rel=2e-5)


def test_the_other_accountant_agrees_from_both_sides():
    """Never below its optimistic side, at most a rounding above its pessimistic one."""
    rng = np.random.default_rng(2)
    for number in range(40):
        q = float(rng.uniform(0.05, 1)) if number < 30 else 1.0
        z, steps = float(rng.uniform(0.8, 4)), int(rng.integers(1, 60))
        delta = float(10 ** rng.uniform(-9, -4))
        ours, high = epsilon((Release(z, steps, q),), delta), theirs(q, z, steps, delta, True)
        low = theirs(q, z, steps, delta, False) if number % 4 == 0 else 0.0
        assert low <= ours <= high * (1 + ROUNDING_UP), (q, z, steps, delta)
        assert ours == pytest.approx(high, rel=LESS_THAN_A_HUNDREDTH_OF_A_PERCENT)


def theirs(q: float, z: float, steps: int, delta: float, pessimistic: bool) -> float:
    """Add or remove one; its connected dots are pessimistic only."""
    one = privacy_loss_distribution.from_gaussian_mechanism(
        z,
        pessimistic_estimate=pessimistic,
        value_discretization_interval=1e-3,
        sampling_prob=q,
        use_connect_dots=pessimistic,
    )
    return float(one.self_compose(steps).get_epsilon_for_delta(delta))


def test_another_accountant_agrees_on_a_mix():
    mix = (Release(1.5, 20, 0.1), Release(3.0, 10), Release(2.0, 5, 0.4))
    kinds = [
        privacy_loss_distribution.from_gaussian_mechanism(
            r.noise_multiplier, value_discretization_interval=1e-3, sampling_prob=r.sampling_rate
        ).self_compose(r.count)
        for r in mix
    ]
    high = kinds[0].compose(kinds[1]).compose(kinds[2]).get_epsilon_for_delta(1e-6)
    assert epsilon(mix, 1e-6) == pytest.approx(high, rel=2e-5)


any_release = st.builds(
    Release,
    st.floats(0.8, 6),
    st.integers(20, 3000),
    st.one_of(st.floats(0.01, 1), st.sampled_from([1.0, 0.5])),
)


@settings(max_examples=20)
@given(
    st.lists(any_release, min_size=1, max_size=2).map(tuple),
    st.sampled_from([1e-3, 1e-5, 1e-9, 1e-15]),
)
def test_epsilon_is_never_below_the_truth_and_hardly_above(releases, delta):
    ours = epsilon(releases, delta)
    if 1e-2 <= ours <= 500:
        assert exact_delta(releases, ours) <= delta * (1 + 1e-9)
        assert exact_delta(releases, ours * (1 - ROUNDING_UP)) > delta


@pytest.mark.parametrize("q", [1.0, 0.3, 0.02, 1 / 3125])
@pytest.mark.parametrize("budget", [0.01, 1.0, 200.0])
def test_a_delta_of_a_millionth_of_a_billionth_has_an_epsilon(q, budget):
    z = noise_multiplier(budget, 1e-15, 1000, q)
    spent = epsilon((Release(z, 1000, q),), 1e-15)
    assert budget * (1 - 1e-4) <= spent <= budget


@settings(max_examples=15)
@given(st.lists(any_release, min_size=2, max_size=4), st.randoms())
def test_neither_order_nor_bookkeeping_matters_to_the_last_bit(releases, random):
    whole = epsilon(tuple(releases), 1e-5)
    random.shuffle(releases)
    first = releases[0]
    halves = [Release(first.noise_multiplier, n, first.sampling_rate) for n in (1, first.count - 1)]
    assert epsilon((*releases[1:], *halves, Release(1.0, 0)), 1e-5) == whole


@settings(max_examples=15)
@given(any_release, st.floats(1.01, 1.5))
def test_more_noise_fewer_steps_and_rarer_sampling_never_cost_more(release, factor):
    z, n, q = release.noise_multiplier, release.count, release.sampling_rate
    spent = epsilon((release,), 1e-5) * (1 + ROUNDING_UP)
    assert epsilon((Release(z * factor, n, q),), 1e-5) <= spent
    assert epsilon((Release(z, int(n / factor), q),), 1e-5) <= spent
    assert epsilon((Release(z, n, q / factor),), 1e-5) <= spent


def test_almost_certain_sampling_is_the_gaussian_mechanism():
    nearly, whole = (Release(2.0, 10, 1 - 1e-9),), (Release(2.0, 10),)
    assert epsilon(nearly, 1e-5) == pytest.approx(epsilon(whole, 1e-5), rel=ROUNDING_UP)
    assert best_guess(nearly) == pytest.approx(best_guess(whole), rel=1e-5)


def test_nothing_released_costs_nothing_and_no_noise_costs_everything():
    assert epsilon((), 1e-5) == 0.0
    assert epsilon((Release(0.0, 0), Release(math.inf, 5)), 1e-5) == 0.0
    assert epsilon((Release(5.0), Release(0.0)), 1e-5) == math.inf
    assert best_guess(()) == 0.5
    assert best_guess((Release(0.0),)) == ceiling(math.inf, 1e-5) == 1.0


@settings(max_examples=15)
@given(st.lists(any_release, max_size=2).map(tuple), any_release, st.integers(1, 40), st.booleans())
def test_a_curve_never_falls_and_ends_at_the_epsilon_of_the_whole(past, one_round, rounds, again):
    past = (*past, one_round) if again else past
    found = curve(past, one_round, rounds, 1e-5)
    z, n, q = one_round.noise_multiplier, one_round.count, one_round.sampling_rate
    assert len(found) == rounds + 1
    assert np.all(np.diff(found) >= 0)
    assert found[0] == epsilon(past, 1e-5)
    assert found[-1] == max(found[0], epsilon((*past, Release(z, n * rounds, q)), 1e-5))
    middle = rounds // 2
    alone = epsilon((*past, Release(z, n * middle, q)), 1e-5)
    assert found[middle] == pytest.approx(alone, rel=ROUNDING_UP, abs=1e-6)


@settings(max_examples=15)
@given(st.floats(0.01, 1), st.floats(0.3, 20), st.integers(1, 600))
def test_calibration_inverts_accounting_from_below(q, budget, steps):
    z = noise_multiplier(budget, 1e-5, steps, q)
    assert budget * (1 - 1e-4) <= epsilon((Release(z, steps, q),), 1e-5) <= budget


@settings(max_examples=8)
@given(st.floats(0.05, 1), st.floats(0.05, 0.9), st.sampled_from([1.0, 0.2]))
def test_what_was_released_and_what_is_left_meet_the_budget_together(q, share, past_rate):
    past = (Release(noise_multiplier(4.0 * share, 1e-5, 30, past_rate), 30, past_rate),)
    z = noise_multiplier(4.0, 1e-5, 50, q, (*past, Release(0.0, 3)))
    assert 4.0 * (1 - 1e-4) <= epsilon((*past, Release(z, 50, q)), 1e-5) <= 4.0


@pytest.mark.parametrize("q", [1.0, 0.2])
def test_no_noise_makes_good_a_budget_that_is_used_up(q):
    assert noise_multiplier(1.0, 1e-5, 10, q, (Release(2.0, 30),)) == math.inf


@pytest.mark.parametrize("q", [0.5, 0.001])
def test_where_delta_allows_being_found_out_the_least_noise_will_do(q):
    assert noise_multiplier(1.0, 0.6, 1, q) == pytest.approx(0.01)


def test_more_noise_than_a_million_is_refused_in_a_sentence():
    with pytest.raises(ScenarioError, match="no noise multiplier up to 1e\\+06 keeps it at 1e-05"):
        noise_multiplier(1e-5, 1e-9, 10_000_000, 0.5)


@settings(max_examples=20)
@given(st.floats(1e-3, 1), st.floats(0.3, 20))
def test_the_best_guess_of_one_release_is_known(q, z):
    """The worlds differ with probability q, and then by Φ(1/2z) − Φ(−1/2z)."""
    assert best_guess((Release(z, 1, q),)) == pytest.approx(
        0.5 + q * math.erf(1 / (2 * z) / math.sqrt(2)) / 2, abs=1e-5
    )


@settings(max_examples=15)
@given(st.lists(any_release, min_size=1, max_size=3).map(tuple), st.floats(1e-8, 0.1))
def test_no_guess_is_better_than_epsilon_and_delta_promise(releases, delta):
    assert 0.5 <= best_guess(releases) <= ceiling(epsilon(releases, delta), delta) * (1 + 1e-9)


def test_the_best_guess_follows_the_gaussian_to_certainty():
    for z in (0.01, 0.05, 0.06, 0.2, 1.0):
        mix = (Release(z, 1), Release(100.0, 1, 0.5))
        assert best_guess(mix) == pytest.approx(analytic.best_guess(1 / z), abs=1e-4)


def test_with_next_to_no_noise_a_guess_fails_only_where_the_unit_was_never_in():
    never = 0.9**10
    assert best_guess((Release(0.05, 10, 0.1),)) == pytest.approx(1 - never / 2, abs=1e-4)


def test_the_naive_sum_adds_both_and_is_never_the_tight_one():
    releases = (Release(5.0, 20), Release(2.0, 30, 0.1))
    spent, delta = naive(releases, 1e-6)
    assert delta == pytest.approx(50e-6)
    assert spent > epsilon(releases, delta)
    assert spent == pytest.approx(
        20 * epsilon((Release(5.0),), 1e-6) + 30 * epsilon((Release(2.0, 1, 0.1),), 1e-6)
    )


@settings(max_examples=20)
@given(st.floats(0.02, 1), st.floats(0.6, 5), st.booleans(), st.integers(1, 4))
def test_dots_keep_both_worlds_mass(q, z, away, stride):
    """Σ mass = 1 in the true world, E[e^(−L)] = 1 in the other, and none of it is negative."""
    mechanism = Mechanism(q, z)
    step = 0.01 * q / z
    index, mass = dots(
        mechanism, away, mechanism.reach(1, 1e-16), Spacing(step, stride, q / z, 0.5)
    )
    assert mass.min() >= 0
    assert mass.sum() == pytest.approx(1, abs=1e-12)
    assert float(mass @ np.exp(-index * step)) == pytest.approx(1, abs=1e-9)


def test_answers_are_kept():
    accountant.epsilon.cache_clear()
    for _ in range(2):
        epsilon((Release(1.0, 3, 0.5),), 1e-5)
    assert accountant.epsilon.cache_info().hits == 1


@pytest.mark.parametrize("delta", [1e-300, 1e-20, 0.5, 0.999999])
@pytest.mark.parametrize("steps", [1, 10_000_000])
@pytest.mark.parametrize("z", [0.01, 1.0, 1e6])
@pytest.mark.parametrize("q", [1e-6, 0.5, 1.0])
def test_whatever_the_command_takes_has_an_answer(q, z, steps, delta):
    """No overflow where δ is next to nothing, no endless search where ε is astronomical."""
    releases = (Release(z, steps, q),)
    assert 0 <= epsilon(releases, delta) < math.inf
    assert 0.5 <= best_guess(releases) <= 1
    alone, together = naive(releases, delta)
    assert alone * (1 + ROUNDING_UP) >= epsilon(releases, delta) or together >= 1 or steps == 1


def test_an_epsilon_beyond_all_use_is_its_bound_and_the_curve_up_to_it_rises():
    rising = curve((), Release(0.01, 3, 0.5), 40, 1e-5)
    assert np.all(np.diff(rising) > 0)
    assert rising[3] == pytest.approx(epsilon((Release(0.01, 9, 0.5),), 1e-5), rel=1e-4)
    assert rising[-1] == epsilon((Release(0.01, 120, 0.5),), 1e-5)


def test_who_is_hardly_ever_in_a_batch_needs_no_noise_where_delta_allows_it():
    """1 − (1 − q)^T ≤ δ: then δ alone pays for whatever the releases give away."""
    assert epsilon((Release(0.01, 9, 1e-6),), 1e-5) == 0
    assert epsilon((Release(0.01, 11, 1e-6),), 1e-5) > 0
