"""The equation with today's numbers."""

from __future__ import annotations

from fedtui import promise, words
from fedtui.pages.words.common import ONLY_YOU
from fedtui.view import View

EQUATION = "new model = old model + Σ vote × update"
_EQUATIONS = {  # with noise
    promise.Kind.PATIENT: "new model = old model + Σ vote × noised update",
    promise.Kind.CENTRAL: "new model = old model + Σ vote × cut update + noise",
    promise.Kind.LOCAL: "new model = old model + Σ vote × (cut update + noise)",
}
NO_ROUND = "Before round 1 nobody has an update yet. → goes on step by step."
ADDED_UP = "if all pulled the same way"
NOISE_LENGTH = "length of the noise on top"
MOVED = "the model moved by"
ROUNDED = "Rounded, so that the rows add up; the run itself uses every digit."
PULLS = "Less than the sum: hospitals that pull apart cancel some of each other's updates."
PLANNED = (
    "With privacy the sum is divided by the patients planned for, not by those who came, so votes"
    " need not add up to 100 %: a divisor that changed would tell who was there."
)
LOST = "This round is lost: no update is in the sum, and the model stays as it was."


def objective(view: View) -> list[str]:
    """What each hospital does at home."""
    training = view.settings["training"]
    steps, passes = int(training["local_steps"]), int(training["local_epochs"])
    work = words.many(steps, "step") if steps else f"{passes} pass{'' if passes == 1 else 'es'}"
    batch = int(training["batch_size"])
    about = "about " if promise.kind(view) is promise.Kind.PATIENT else ""
    size = f"{about}{batch} patients at a time" if batch else "all its patients at a time"
    walk = f"Each goes downhill on it: {work} over its own patients, {size},"
    rate = f"learning rate {training['learning_rate']:g}."
    mu = view.switches.get("fedprox", {}).get("mu")
    if mu is None:
        return ["F(v), the error of model v on its own patients.", f"{walk} {rate}"]
    return [
        f"F(v) + μ/2 × |v − w|²: the error of model v on its own patients, and a pull back to w,"
        f" the model it received. μ = {mu:g}.",
        f"{walk} {rate} The pull is zero at the start and grows with the distance.",
    ]


def model_form(view: View) -> list[str]:
    """How the model makes a probability of a patient's columns."""
    model, d = view.settings["model"], words.many(view.parameters, "number")
    hidden, columns = int(model["hidden"]), view.parameters - 1
    if model["kind"] == "mlp":
        columns = columns // hidden - 2  # a unit has its weights, its bias, and one weight above it
        told = [
            f"h_j = tanh(w_j · x + b_j) for each of {words.many(hidden, 'hidden unit')},"
            f" x being a patient's {words.many(columns, 'column')}.",
            f"p = σ(v · h + c) is the chance of a yes, σ(t) = 1 / (1 + e^−t). All w, b, v and c: {d}.",
        ]
    else:
        told = [
            f"p = σ(w · x + b) is the chance of a yes, x being a patient's"
            f" {words.many(columns, 'column')}, σ(t) = 1 / (1 + e^−t). All w and b: {d}."
        ]
    if model.get("class_weight", "none") == "balanced":
        told.append(BALANCED)
    return told


BALANCED = (
    "In training a patient counts n / (2 m), m being those of all n with her answer: so yes and no weigh"
    " the same together, however rare one is. The numbers of both were told before round 1, and no ε"
    " covers them."
)
STEP_OF_PATIENTS = "a step = −rate × (Σ cut gradients + noise) / (q × n)"
OUTSIDE_PULL = (
    "FedProx's pull stands outside the brackets: it is made of no patient's data, so it is neither cut"
    " nor noised."
)
_HOW_HIDDEN = {
    promise.Kind.PATIENT: "At every step each of n patients is in the batch with chance q, her gradient is"
    " cut to length C, noise is added to the sum, and the sum is divided by the q × n expected, whoever"
    " came. So one patient moves it by C at most, and noise comes even where nobody did. Updates and"
    " models are made of such steps, and cost no more.",
    promise.Kind.CENTRAL: "Each update is cut to the largest say S, then the server adds noise to the"
    " mean. It hides a hospital from those who receive the model, and not from the server.",
    promise.Kind.LOCAL: "Each hospital cuts its update to S and adds noise itself before it leaves, for"
    " any two updates are to look alike, and they may lie 2S apart. That hides it from the server too, and"
    " takes so much noise that its ε is no number to put beside that of a server's noise.",
}
OUTSIDE_EPSILON = (
    "ε covers what training sends. Outside it stands every number of a single hospital on this screen (its"
    f" error, its score): {ONLY_YOU}."
)
NO_EPSILON = "All is done as under privacy but for the noise. So no ε holds, and nobody is hidden."
BARE_PAST = (
    "Earlier rounds were sent without noise. What they told stays told, so no ε holds any more."
)
CEILING = "  at most, as ε alone promises"
NAIVE = "  each release by itself, added up"


def equation(view: View) -> str:
    """One round in one line."""
    kind = promise.kind(view)
    return _EQUATIONS[kind] if kind and (promise.noised(view) or not view.ready) else EQUATION


def how_hidden(view: View) -> str:
    """The mechanism, in words."""
    return _HOW_HIDDEN[promise.kind(view) or promise.Kind.PATIENT]


def hides(view: View) -> str:
    """ "Privacy: hide one patient"."""
    local = promise.kind(view) is promise.Kind.LOCAL
    return (
        f"Privacy: hide {words.one_unit(view)}{', noise by each hospital (local)' if local else ''}"
    )


def promised(view: View) -> list[tuple[str, str]]:
    """ε and what it means, by name and number."""
    plan, kind = view.privacy, promise.kind(view)
    if plan is None or kind is None or view.epsilon is None:
        return []
    unit, delta = words.one_unit(view), float(plan["delta"])
    cost, chance = promise.naive(view)
    return [
        (f"ε used, for {unit}", f"{words.budget(view.epsilon)} of {plan['budget']:g}"),
        ("  at δ", f"{delta:g}"),
        (NAIVE, f"ε {words.budget(cost)} at δ {chance:.2g}"),
        (f"best guess {words.question(view)}", words.percent(promise.best_guess(view), 1)),
        (CEILING, words.rounded_up(promise.ceiling(view))),
    ]


CANCEL = (
    "For every two hospitals one mask: the one adds it, the other takes it away. And each has a mask of"
    " its own: without it, whoever opens the others' masks could read an update that comes late."
)
SHARED = (
    "Each hospital gave every one a share of two secrets: the key to its masks with others, and the seed"
    " of its own. Of those whose update came the others give shares of the seed, of those who fell away"
    " shares of the key, and of nobody both: with both, one update could be read alone."
)


def how_many_open(needed: int, taking: int) -> str:
    """What the threshold means."""
    return (
        f"With the shares of any {needed:,} of {taking:,} the sum opens, whoever else fell away. With"
        f" fewer nothing does, and the round is lost. But a server that {needed:,} hospitals help could"
        " open every update."
    )


def by_patients(view: View) -> bool:
    """Whether a vote is by the number of patients, not one for each hospital."""
    return bool(view.settings["training"]["weighting"] == "patients")


def masked_rows(view: View, first: str, second: str, pairs: int) -> list[tuple[str, str]]:
    """What two hospitals send, and what is left of it in the sum."""
    rest = ", and so with the others" if pairs > 1 else ""
    what = "patients × update" if by_patients(view) else "update"
    return [
        (f"{first} sends", f"{what} + {first}'s own mask + mask of {first} and {second}{rest}"),
        (f"{second} sends", f"{what} + {second}'s own mask − mask of {first} and {second}{rest}"),
        ("added up", f"Σ {what} + own masks + {words.masks_left(view)}"),
        ("opened", f"Σ {what}"),
    ]
