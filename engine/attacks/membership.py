"""Was she in the training? A model is a little surer of those it has seen.

Yeom et al. 2018, "Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting" (CSF),
section 3: whoever has the model and one patient's record computes her loss, and says "she was in it"
where that is no larger than the mean loss in training. The *advantage* is the part of those who were in
it that are named, minus the part of those who were not. With so few parameters there is next to nothing
to see, so this is a demonstration, and no test of ε.

What ε promises is a ceiling over every such attack, also of those who know everything but her: from
(ε, δ) follows advantage ≤ (e^ε − 1 + 2δ) / (e^ε + 1) (Kairouz et al. 2015, "The Composition Theorem for
Differential Privacy", theorem 2.1, for all pairs of error rates; Humphries et al. 2020, "Investigating
Membership Inference Attacks under Data Dependencies", for the advantage). It is about her record in place
or zeroed out, all else equal. One model cannot play that game, so those in training and those held out
stand in for it, and the interval says how well. ε here is a patient's: where noise hides whole hospitals,
the ledger knows how much of it hides one of their patients (`engine.privacy.ledger`). Left out: attacks
with shadow models, which compare her loss with her own loss elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.attacks.victim import prepared_of
from engine.data.federation import Table
from engine.models import Model
from engine.privacy import accountant, ledger
from engine.state import State

_WIDE = 1.959964  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class Membership:
    """How well the mean loss in training tells who was in it.

    Attributes:
        round: The model's, after that many.
        threshold: The mean loss in training, nats.
        named_in, named_out: Of those in training, and of those held out, the part that is named.
        members, others: How many they are.
        with_hindsight: The advantage at the best threshold, which no attacker knows.
        epsilon, delta: What the releases so far spent of a patient's; None where no privacy is on.
        bound: What (ε, δ) promises of any advantage; 1 is no promise.
        allowed: The advantage of the best test against this noise: a tighter ceiling than `bound`.
    """

    round: int
    threshold: float
    named_in: float
    named_out: float
    members: int
    others: int
    with_hindsight: float
    epsilon: float | None
    delta: float | None
    bound: float
    allowed: float

    @property
    def advantage(self) -> float:
        """Part named of those who were in it, minus part named of those who were not."""
        return self.named_in - self.named_out

    @property
    def interval(self) -> tuple[float, float]:
        """95 % for the advantage.

        Newcombe 1998, "Interval estimation for the difference between independent proportions"
        (Statistics in Medicine), method 10: Wilson's interval of each part, combined.
        """
        low_in, high_in = wilson(self.named_in, self.members)
        low_out, high_out = wilson(self.named_out, self.others)
        below = math.hypot(self.named_in - low_in, high_out - self.named_out)
        above = math.hypot(high_in - self.named_in, self.named_out - low_out)
        return self.advantage - below, self.advantage + above


def membership(state: State) -> Membership:
    """Play Yeom's attack on the model of `state`, over every patient of the federation.

    Raises:
        RunError: The state came without its patients.
    """
    prepared = prepared_of(state)
    tables = prepared.federation.train, prepared.federation.test
    inside, outside = (_losses(prepared.model, state.params, table) for table in tables)
    threshold = float(inside.mean())
    epsilon, delta, guess = _promised(state)
    return Membership(
        round=state.round,
        threshold=threshold,
        named_in=_named(inside, threshold),
        named_out=_named(outside, threshold),
        members=len(inside),
        others=len(outside),
        with_hindsight=_best(inside, outside),
        epsilon=epsilon,
        delta=delta,
        bound=1.0 if epsilon is None or delta is None else bound(epsilon, delta),
        allowed=2 * guess - 1,
    )


def bound(epsilon: float, delta: float) -> float:
    """The most advantage that (ε, δ) leaves any attack: (e^ε − 1 + 2δ) / (e^ε + 1), at most 1."""
    rest = 0.5 * (1 - math.tanh(epsilon / 2))  # 1 / (e^ε + 1), which cannot overflow so
    return min(1.0, math.tanh(epsilon / 2) + 2 * delta * rest)


def wilson(part: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a part seen in `count` independent draws."""
    square = _WIDE**2 / count
    middle = (part + square / 2) / (1 + square)
    half = _WIDE / (1 + square) * math.sqrt(part * (1 - part) / count + square / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def _promised(state: State) -> tuple[float | None, float | None, float]:
    """ε, δ and the best guess, for the patient whom the noise protects least; nothing without a plan."""
    if state.plan is None:
        return None, None, 1.0
    delta, hospitals = state.plan.settings.delta, len(state.plan.steps)
    pasts, whose = ledger.pasts(state.released, "patient", hospitals)
    if state.plan.settings.unit == "patient":  # looked up: it was reckoned when it was planned
        spent = state.plan.spent(state.released)
        weakest = int(np.argmax(spent))
        return float(spent[weakest]), delta, accountant.best_guess(pasts[whose[weakest]])
    epsilon = max(accountant.epsilon(past, delta) for past in pasts)
    return epsilon, delta, max(accountant.best_guess(past) for past in pasts)


def _losses(model: Model, params: Floats, table: Table) -> Floats:
    """Log-loss of every patient, nats, (N,)."""
    logits = model.logits(params, table.x)
    return np.logaddexp(0.0, np.where(table.y > 0.5, -logits, logits))


def _named(losses: Floats, threshold: float) -> float:
    """The part that is not above the threshold, round-off aside."""
    return float(np.mean(losses <= threshold * (1 + 1e-12)))


def _best(inside: Floats, outside: Floats) -> float:
    """The advantage at the best threshold: the largest gap of two empirical distributions."""
    at = np.concatenate([inside, outside])
    parts = (
        np.searchsorted(np.sort(losses), at, "right") / len(losses) for losses in (inside, outside)
    )
    named_in, named_out = parts
    return float(np.max(named_in - named_out))
