"""Every sentence of the full-screen pages; those of the lab are in `fedtui.words`.

Plain words first, the field's term beside them, and whom it is from. A function takes what is known
and gives text; names from files are passed on as they are, and the page makes them safe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.channels.section import opens_with
from engine.codecs.numbers import how_many
from engine.stages.pruning import left
from engine.wire import Kind
from fedtui import promise, words
from fedtui.view import View

if TYPE_CHECKING:
    from engine.attacks.one_patient import Attempt
    from engine.data.report import Report

NOT_READY = "The patients are being read. In a moment there is something to tell."
NOT_YET = "not yet"
DROPPED = "dropped out"
ONLY_YOU = "only you can see this"

FEDAVG = "McMahan 2017"
FEDPROX = "Li 2020"
NOISE = "McMahan 2018"
NOISE_OF_PATIENTS = "Abadi 2016"
LOCAL_NOISE = "Kasiviswanathan 2011"
ACCOUNTING = "Balle & Wang 2018"
SUBSAMPLED = "Koskela 2020"
MASKS = "Bonawitz 2017"
LEVELS = "Alistarh 2017"


def more(count: int) -> str:
    """ "… and 92 more"."""
    return f"… and {count:,} more"


def round_of(view: View) -> str:
    """ "Round 3 of 30"."""
    return f"round {view.round} of {view.rounds}"


# The help

HELP_OF = {  # of each view: its name, and what can be done there
    "": (
        "The lab",
        "A server, hospitals, and a model that travels between them. Space plays; a switch runs it all"
        " again at once, and the old curve stays grey under the new one.",
    ),
    "equation": (
        "The equation",
        "One round in one line, with the numbers of the round on the screen.",
    ),
    "readers": ("Who can read what", "It changes with every switch; each answer has its reason."),
    "data": (
        "The data",
        "What each hospital has, in which of four ways they differ, and whether working together pays."
        " Tab brings the next hospital to the top of the picture.",
    ),
    "compare": (
        "Comparing branches",
        "Every world that was run, and what its settings made of it.",
    ),
    "messages": ("Messages", "Everything sent in this round, byte by byte, and who can read it."),
    "lessons": ("Lesson 0", "Enter goes on with the first five minutes, or begins them anew."),
    "attack": (
        "The attack",
        "One message, read by whoever receives it. Tab and a: another hospital's.",
    ),
}
NOW_IN_FULL = "Right now, in full"
SIGNS = {  # glyph's name: what it stands for
    "model": "the model, on its way down",
    "update": "an update, on its way up",
    "small": "an update in fewer bytes",
    "masked": "an update under masks: noise to whoever reads it alone",
    "key": "a public key",
    "noised": "noised: a model or an update that carries noise",
    "lost": "lost: a hospital that dropped out",
}
TERMS = (  # our word, the field's, what it is
    ("taking part", "cohort", "the hospitals drawn in a round"),
    ("vote", "share n_i/N", "a hospital's weight in the mean: its part of the patients"),
    ("update", "update", "what training changed: the hospital's model minus the one it received"),
    ("passes over own patients", "local epochs", "how long a hospital trains before it answers"),
    ("all data in one place", "pooled", "the model that privacy forbids"),
    ("each one alone", "local-only", "each hospital's own model, on its own unseen patients"),
    (
        "privacy used",
        "ε spent",
        "the most that all releases so far can tell of one patient, or of one hospital",
    ),
    (
        "largest say",
        "clip norm, sensitivity",
        "what a patient's gradient, or a hospital's update, is cut to before noise is added",
    ),
    ("stay near the start", "FedProx, μ", "a pull back to the model received, in every local step"),
    ("masks", "secure aggregation", "numbers that cancel in the sum and hide each part of it"),
    ("shares", "secret sharing", "pieces of a secret: enough give it back, fewer tell nothing"),
    ("how different", "α, non-IID", "how unlike the hospitals' patients are"),
    (
        "labels, sizes",
        "label shift, quantity skew",
        "how common a yes is, how many patients there are",
    ),
    (
        "columns, meaning",
        "covariate, concept shift",
        "who comes, and what the columns say of a yes",
    ),
    (
        "up, down, keys",
        "uplink, downlink, overhead",
        "bytes by direction; keys are what masks cost",
    ),
    ("only you can see this", "omniscient", "no party of the real protocol could"),
)


# The equation

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
    "ε covers what training sends. Outside it stand the common scale of the columns, and every number of a"
    f" single hospital on this screen (its error, its score): {ONLY_YOU}."
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
    kind = promise.kind(view) or promise.Kind.PATIENT
    local = ", noise by each hospital (local)" if kind is promise.Kind.LOCAL else ""
    return f"Privacy: hide {words.one_unit(kind)}{local}"


def promised(view: View) -> list[tuple[str, str]]:
    """ε and what it means, by name and number."""
    plan, kind = view.privacy, promise.kind(view)
    if plan is None or kind is None or view.epsilon is None:
        return []
    unit, delta = words.one_unit(kind), float(plan["delta"])
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


# Who can read what

MODEL_ROW = ("the model", "yes", "yes", "no")
SUM_LOST = "This round their sum cannot be read: too few are left to open the masks in it."
NONE_CAME = "In this round no update arrived."
SAME_MODEL = "This round is lost: the next model is the same as this one, and tells nothing new."
NETWORK = (
    "Whoever listens on the line sees that a message goes by, and how long it is: it is encrypted."
)


def why_rows() -> tuple[str, str, str]:
    """Patient rows: server, others, network."""
    return (
        "Patients stay where they are. Only a model and updates of it travel.",
        "No hospital is sent another one's patients.",
        "They are never sent, so there is nothing to listen to.",
    )


HIDDEN_TOO = {
    promise.Kind.PATIENT: "It receives each update with noise in it. That hides one patient, from the"
    " server too: it cannot be sure whether she was there. What the hospital's patients have in common it"
    " does not hide; masks would.",
    promise.Kind.LOCAL: "It receives each update cut and with so much noise, the hospital's own, that two"
    " different updates look alike (local).",
}


def why_one(view: View, cells: tuple[str, str, str]) -> tuple[str, str, str]:
    """One hospital's update: server, others, network."""
    return _why_one_server(view, cells[0]), _why_one_others(view, cells[1]), NETWORK


def _why_one_server(view: View, cell: str) -> str:
    if view.aborted and "masking" not in view.switches:
        return NONE_CAME
    if cell == "no":
        return (
            "It receives numbers under masks that it cannot tell from noise. It does not learn the"
            " secrets the masks are made of, as long as it passes on the hospitals' own keys and"
            f" {_few_helpers(view)}."
        )
    if "masking" in view.switches:
        return "Only one hospital takes part: the sum is its update, masks or not."
    if promise.noised_at_home(view):
        return HIDDEN_TOO[promise.kind(view) or promise.Kind.PATIENT]
    if promise.noised(view):
        return (
            "It receives each update cut, but before the noise: the noise goes on the sum. It"
            " protects from those who receive the model, not from the server. Masks do that."
        )
    if "compression" in view.switches:
        return "It receives each update in fewer bytes, and whoever can add them can read them."
    return "It receives each update as it is. From that of one patient it reads the patient: key a."


def _few_helpers(view: View) -> str:
    """Whose help would open one update: that of t hospitals, or of all but one of those in the sum."""
    taking, adding = int(view.hospitals.drawn.sum()) or len(view.hospitals), words.in_sum(view)
    needed = opens_with(float(view.switches["masking"]["threshold"]), taking)
    many = min(needed, adding - 1) if adding > 1 else needed
    return "none of them helps it" if many == 1 else f"fewer than {many:,} of them help it"


def _why_one_others(view: View, cell: str) -> str:
    if view.aborted:
        return SAME_MODEL
    if cell == "no":
        return "Updates go to the server, and a hospital sees only what all of them made together."
    if words.in_sum(view) == 1:
        noise = " and noise" if promise.noised(view) else ""
        return f"Only one update is in the sum: the model moved by that one{noise}."
    if promise.noised(view):
        return "With two in the sum, the sum minus its own is the other's; here noise is on it."
    return "With two in the sum it takes its own update away, and the other's is left."


def why_sum(view: View) -> tuple[str, str, str]:
    """The sum: server, others, network."""
    if view.aborted:
        return SUM_LOST if "masking" in view.switches else NONE_CAME, SAME_MODEL, NETWORK
    server = "It adds the updates up."
    if "masking" in view.switches:
        server = (
            "It is told what it takes to remove all masks from the sum, and from no part of it."
        )
        if view.settings["training"]["participation"] < 1:
            server += " Others take part each round, so it can compare sums (So 2021)."
    if promise.noised_at_home(view):
        server += " Every hospital's noise is in it."
    elif promise.noised(view):
        server += " The noise comes after, so it knows the sum without it."
    others = "Whoever has two models in a row can work it out: new model minus old model."
    if promise.noised(view):
        others += " The noise is in it."
    return server, others, NETWORK


def why_model(view: View) -> tuple[str, str, str]:
    """The model: server, others, network."""
    others = "Each round it is sent to those who take part."
    if words.carries_noise(view):
        others += " It carries the noise, which is all that stands between them and the updates."
    return "It keeps the model and improves it.", others, NETWORK


SWITCH_DOES: Mapping[str, tuple[str, str]] = {  # section: while off, while on
    "fedprox": (
        "Would change how hospitals train. Nobody could read more or less.",
        "Changes how hospitals train. Nobody can read more or less for it.",
    ),
    "masking": (
        "Would hide each update from the server, and leave it the sum.",
        "Each update is hidden from the server; the sum is not.",
    ),
    "compression": (
        "Would make messages shorter. It hides nothing.",
        "Messages are shorter. That hides nothing.",
    ),
}


_PRIVACY_DOES = {
    promise.Kind.PATIENT: "Noise in every step: whoever reads an update, a sum or a model, the server too,"
    " cannot be sure whether one patient was there.",
    promise.Kind.CENTRAL: "Noise on the sum, by the server: those who receive the model cannot be sure"
    " what one hospital put in. The server can.",
    promise.Kind.LOCAL: "Noise on each update, by its hospital (local): nobody, not even the server, can"
    " be sure what it sent.",
}


def switch_does(view: View, section: str) -> str:
    """What a switch does to who can read what, or would do."""
    off, on = SWITCH_DOES.get(section, (_PRIVACY_OFF, ""))
    if section not in view.switches:
        return off
    if section != "privacy":
        return on
    if not promise.noised(view):
        return "As under privacy, but without noise: everything can be read as it is."
    return _PRIVACY_DOES[promise.kind(view) or promise.Kind.PATIENT]


_PRIVACY_OFF = (
    "Would put noise into every step, so that nobody can be sure whether one patient was there."
)


# Messages

NO_MESSAGES = "No message of this round has been sent yet. → goes on step by step."
TLS = "Each message is counted as it was encoded; TLS and TCP come on top."
SERVER = "server"


def round_messages(view: View) -> str:
    """The heading of the list."""
    return f"Messages of {round_of(view)}" if view.round else "Messages"


def attack_key(name: str) -> str:
    """What key a would do."""
    return f"a: attack {name}'s message   Tab: another hospital"


_BATCHES: Mapping[Kind, tuple[str, str]] = {  # one, several; others take an s
    Kind.PUBLIC_KEY: ("pair of public keys", "pairs of public keys"),
    Kind.PUBLIC_KEYS: ("list of public keys", "lists of public keys"),
    Kind.SHARES: ("message of shares", "messages of shares"),
    Kind.FORWARDED_SHARES: ("message of shares passed on", "messages of shares passed on"),
    Kind.SURVIVORS: ("list of whose updates came", "lists of whose updates came"),
    Kind.UNMASKING: ("message that opens masks", "messages that open masks"),
}


def batch(kind: Kind, count: int, size: int) -> str:
    """The heading of messages that travel together."""
    what, several = _BATCHES.get(kind, (kind.label, kind.label + "s"))
    return f"{count:,} {what if count == 1 else several}, {words.many(size, 'byte')}"


def contents(kind: Kind, view: View) -> str:
    """What is in a message."""
    header = f"a header of {words.HEADER} bytes"
    weight = "the number of patients" if by_patients(view) else "a weight of 1"
    return {
        Kind.MODEL: f"The shared model: {_model_body(view)}, and {header}.",
        Kind.UPDATE: f"{_changed(view)}: {_update_body(view)}, and {header} that holds {weight}.",
        Kind.MASKED_UPDATE: f"{view.parameters + 1} numbers of {view.ring_bits} bits under masks:"
        f" the update times {weight}, and {weight}; and {header}.",
        Kind.PUBLIC_KEY: f"Two fresh public keys of 32 bytes each, and {header}.",
        Kind.PUBLIC_KEYS: f"Everyone's public keys, passed on by the server, and {header}.",
        Kind.SHARES: f"For each other hospital its share of two secrets, sealed; and {header}.",
        Kind.FORWARDED_SHARES: f"The shares that the others sealed for it, and {header}.",
        Kind.SURVIVORS: f"A list of the hospitals whose update came, and {header}.",
        Kind.UNMASKING: f"One share for each hospital, of one secret or the other, and {header}.",
        Kind.STATISTICS: "Counts, sums and squares of the columns, for a common scale.",
        Kind.SCALING: "The common scale: a mean and a spread for each column.",
        Kind.CATEGORIES: "For each text column, the texts that occur among its patients.",
        Kind.ALL_CATEGORIES: "For each text column, the texts that occur anywhere.",
        Kind.LABEL_COUNTS: "How many of its patients are cases, and how many are not.",
        Kind.CLASS_WEIGHTS: "How much a case weighs in training, and how much any other patient.",
    }[kind]


def _changed(view: View) -> str:
    feedback = view.switches.get("compression", {}).get("error_feedback")
    return "What training changed" + (", and what was left out before" if feedback else "")


def _model_body(view: View) -> str:
    prune = view.switches.get("compression", {}).get("prune", 0.0)
    d = words.many(view.parameters, "number")
    if not prune:
        return f"{d} of 4 bytes"
    kept = left(prune, view.parameters)
    return f"a bit for each of {d} that says whether it is zero, and {kept:,} of 4 bytes"


def _update_body(view: View) -> str:
    """The numbers of an update as they are written."""
    on = view.switches.get("compression")
    d = words.many(view.parameters, "number")
    if on is None:
        return f"{d} of 4 bytes"
    some = how_many(on["fraction"], view.parameters)
    place = max(0, view.parameters - 1).bit_length()
    bits = words.many(on["bits"], "bit")
    return {
        "float16": f"{d} of 2 bytes",
        "quantize": f"{d} in {bits} each and their scale",
        "qsgd": f"{d} in {bits} each, a sign and a level, and the update's length",
        "topk": f"the largest {some:,} of {d}, each of 4 bytes, and its place in"
        f" {words.many(place, 'bit')}",
        "randk": f"{some:,} of {d}, each of 4 bytes (both ends draw which ones)",
        "sign": f"{d} in one bit each, the sign, and one size for all",
    }[on["codec"]]


# Compression in the equation

REWRITTEN = "Lengths are those of the updates as trained; compression changed what arrived of them."
FED_BACK = "What is left out stays in the hospital and is added to its next update."
ZEROED = (
    "The smallest numbers of the model are set to zero before it is sent, and the server goes on from"
    " there. They are trained all the same, and may grow back."
)
CODED = {
    "float16": "Each number is rounded to about three digits.",
    "quantize": "Each number goes to one of the two levels beside it, by chance, so that it is right"
    " on average.",
    "qsgd": "Each number goes to one of the two levels beside it, by chance, so that it is right on"
    " average. The levels divide the length of the whole update.",
    "topk": "The largest numbers travel, each with its place. The others count as zero.",
    "randk": "Which numbers travel is drawn by a seed that both ends know. The others count as zero.",
    "sign": "Of each number travels whether it is above or below zero, and one size for all.",
}
CODED_TERMS = {  # in plain words, the field's term, where it is from
    "float16": ("half the bits", "half precision", "IEEE 754"),
    "quantize": ("fewer bits", "quantisation", LEVELS),
    "qsgd": ("fewer bits", "QSGD", LEVELS),
    "topk": ("largest numbers", "top-k", "Stich 2018"),
    "randk": ("numbers drawn", "random-k", "Konečný 2016"),
    "sign": ("signs only", "scaled sign", "Karimireddy 2019"),
}
FEEDBACK_TERM = ("sent later", "error feedback", "Seide 2014")
PRUNING_TERM = ("zeros in the model", "magnitude pruning", "Han 2015")


def coded_facts(view: View) -> list[tuple[str, str]]:
    """What compression does, by number."""
    on, d = view.switches["compression"], view.parameters
    some = how_many(on["fraction"], d)
    each = {"float16": 16, "quantize": on["bits"], "qsgd": on["bits"], "sign": 1}.get(on["codec"])
    facts = (
        [("bits a number, not 32", f"{each}")] if each else [("numbers sent", f"{some:,} of {d:,}")]
    )
    if on["codec"] == "qsgd":
        facts.append(("levels of the length", f"{2 ** (on['bits'] - 1) - 1:,}"))
    if on["codec"] == "randk" and not on["error_feedback"]:
        facts.append(("each counts", f"{d / some:.3g} times"))
    kept_back = view.traces.get("error feedback", {}).get("left_out")
    if kept_back is not None:
        facts.append(("left out so far (mean length)", words.number(float(np.mean(kept_back)))))
    if on["prune"]:
        facts.append(("model's numbers set to zero", f"{d - left(on['prune'], d):,} of {d:,}"))
    return facts


def read_by(kind: Kind, view: View) -> str:
    """Who can read a message."""
    update = "The server can read each of them."
    if promise.noised_at_home(view):
        update += " There is noise in them, the hospital's own."
    elif promise.noised(view):
        update += " They are cut; the noise comes later, on the sum."
    return {
        Kind.MODEL: "The server and those it was sent to can read it.",
        Kind.UPDATE: update,
        Kind.MASKED_UPDATE: "The server can read none of them alone. "
        + (SUM_LOST if view.aborted else "The server can read their sum."),
        Kind.PUBLIC_KEY: "The server can read it, and learns no secret from it.",
        Kind.PUBLIC_KEYS: "Server and hospitals can read them; the secrets stay at home.",
        Kind.SHARES: "The server passes them on and cannot look inside.",
        Kind.FORWARDED_SHARES: "Only the hospital that each was sealed for can read it.",
        Kind.SURVIVORS: "Server and hospitals can read it; it holds no secret.",
        Kind.UNMASKING: "The server can read it, and opens with it the masks in the sum.",
        Kind.STATISTICS: "The server can read them. ε does not cover them.",
        Kind.SCALING: "The server and every hospital can read it. ε does not cover it.",
        Kind.CATEGORIES: "The server can read them. ε does not cover them.",
        Kind.ALL_CATEGORIES: "The server and every hospital can read it. ε does not cover it.",
        Kind.LABEL_COUNTS: "The server can read them. ε does not cover them.",
        Kind.CLASS_WEIGHTS: "The server and every hospital can read it. ε does not cover it.",
    }[kind]


DIRECTION: Mapping[str, tuple[str, str]] = {  # plain words, term
    "downlink": ("down", "downlink"),
    "uplink": ("up", "uplink"),
    "overhead": ("keys", "overhead"),
    "setup": ("once, before round 1", "setup"),
}
LEDGER = "All messages so far, by kind"


def silent(names: str) -> str:
    """Who sent nothing."""
    return f"Nothing came from {names}."


# The attack

HERS, READ = "hers", "read from the message"
ANSWER = "her answer"
NO_ATTACK = "Choose a hospital with Tab, then press a: its message is attacked as it would be sent."
SUCCEEDED = "Her record can be read from the message, every column of it."
CLOSE = "Her record can nearly be read from the message."
FAILED = "Her record was not read from the message."
ONLY_YOU_HERS = f"The column “{HERS}”: {ONLY_YOU}. The attacker has the message and no more."
ATTACK_WORKS = (
    "With one patient, each weight moves by her value times what the bias moves by. So the update"
    " of the weights ÷ the update of the bias is her record, and the sign of the bias her answer"
    " (Phong et al. 2018)."
)
ATTACK_WORKS_NETWORK = (
    "With one patient, each hidden unit's weights move by her values times what its bias moves by. So any"
    " one unit gives the record: the update of its weights ÷ that of its bias (Phong et al. 2018). The one"
    " that moved most is taken; her answer is the sign of the last bias."
)
OUTCOMES = (
    "How close an attack came: read, as good as the truth; blurred, near it (a column to a quarter of its"
    " spread, a number to 5 in a hundred); hidden, of no use."
)
STOPS = "What stops which attack"
STOPS_ALONE = (
    "Each defence was put up alone and attacked on this hospital: a record, the cases, two runs of one"
    " seed, and two with noise anew. But for the record that is after one step over all its patients,"
    " where it is easiest to read."
)
STOPS_NOTE = (
    "Noise for one patient promises nothing about a number that all patients make together. Noise of"
    " any kind is no help where two runs share it. And what only blurs is no promise at all: Zhu et al."
    " 2019 get records back from updates of several patients, too, by searching for them."
)
DEFENCES: Mapping[str, str] = {  # of `engine.attacks.defences`: what was switched on
    "nothing": "nothing",
    "fedprox": "FedProx (f)",
    "patient": "noise for each patient (p)",
    "hospital": "noise of each hospital (p)",
    "server": "noise of the server (p)",
    "masks": "masks (m)",
    "float16": "numbers of 2 bytes (c)",
    "8 bits": "numbers of 8 bits (c)",
    "2 bits": "numbers of 2 bits (c)",
    "qsgd": "QSGD, 8 bits (c)",
    "topk": "the largest tenth (c)",
    "randk": "a random tenth (c)",
    "sign": "signs only (c)",
    "prune": "half a model, 2 bytes (c)",
}
STOPS_HEADS = ("switched on", "record", "cases", "two runs", "noise anew")
NOT_HERE = "–"
GUESS, TRUTH = "read", "true"


def only_you(column: str = "") -> str:
    """Who sees the truth beside what was read."""
    return f"The column “{column}”: {ONLY_YOU}." if column else f"How far off it is: {ONLY_YOU}."


def trying(done: int, all_of_them: int) -> str:
    """While the defences are tried one after the other."""
    return f"Trying each defence in turn: {done} of {all_of_them} done."


def attack_heading(name: str, round: int) -> str:
    """Whose message, and when."""
    return f"Attack on {name}'s message of round {round}"


def victim(name: str, common_scale: bool) -> str:
    """What is tried."""
    scale = " and the common scale" if common_scale else ""
    return (
        f"Suppose {name} trained on one patient alone and sent the update. The attacker holds the"
        f" message{scale}."
    )


_OBSTACLES = {
    "masks": "Masks: the message is noise to whoever lacks the secrets, as the server does. What"
    " is read from noise comes near the truth now and then, by chance, and nobody could tell where.",
    "noise": "Noise: the hospital added it before the message left, so it hides her from the server too.",
    "rounding": "Rounding: with so few bits a number, the ratio is blurred; that is no promise.",
    "left out": "Most numbers were left out of the message, and those of her record with them. That is"
    " no promise: they come in other rounds.",
    "penalty": "The penalty on weights (l2) leaves the bias free, and that bends the ratio. It protects"
    " nobody: whoever knows the model, as the server does, can straighten it.",
    "stillness": "The bias did not move, so there is nothing to divide by. That is no protection.",
}


def outcome_why(attempt: Attempt) -> list[str]:
    """What stood in the way, and what did not."""
    told = [_OBSTACLES[attempt.obstacle]] if attempt.obstacle else []
    if attempt.noise_after and attempt.readers:
        told.append("Privacy is on, but its noise is added after the server has read the message.")
    return told


def record_heading() -> str:
    """Above the two columns."""
    return f"The record: {HERS}, and as {READ}"


def units(own: bool) -> str:
    """In what the columns are told."""
    if own:
        return "In the table's own units; off by: in the spread of the column over patients."
    return "In spreads from the mean, as the model sees them; only the hospital knows its scale."


def spreads(error: float) -> str:
    """How far off a column is."""
    if error == float("inf"):
        return "–"
    return "0.00" if error < 0.005 else f"{error:,.2f}"


def answer(label: int | None) -> str:
    """The diagnosis."""
    return "–" if label is None else "yes" if label else "no"


def as_sent(size: int, shown: int) -> str:
    """Above the bytes."""
    rest = f", the first {shown}" if shown < size else ""
    return f"The message as sent: {words.many(size, 'byte')}{rest}"


_READERS = {
    "server": "the server",
    "other": "the other hospital",
    "others": "every hospital with both models",
}


def readable(readers: tuple[str, ...]) -> str:
    """Who has the message in the clear."""
    if not readers:
        return (
            "The server alone cannot read it; it adds it to the others' and reads the sum. All the others"
            " together could take their updates from that sum; the server with enough helpers opens it."
        )
    told = f"Who can read it: {words.listed([_READERS[reader] for reader in readers])}."
    if "others" in readers:
        return f"{told} It takes part alone: new model − old model is its update."
    if "other" in readers:
        return f"{told} Only two take part: new model − old model − its own update is this one."
    return told


CASES = "How many answer yes"
CASES_WORKS = (
    "A zero model gives every patient one half. After one step over all of them the bias has moved by"
    " rate × (yes ÷ all − 0.5), whoever they are, and that is their number. After more steps, or from"
    " another model, it can only be reckoned: a few in a hundred off in the first rounds, about ten by"
    " the twentieth, and far more where hospitals differ."
)
CASES_OF_NETWORK = (
    "Not tried: a network starts at random and not at zero, so nobody knows what it predicts before the"
    " first step. That is no protection: its last bias moves by the same rule."
)
HERE, AT_BEST = "as it trains here", "one step, from zero"
_IN_THE_WAY = {
    "": "",
    "masks": "masks: this message is noise, so no number is in it; the sum tells that of all together",
    "noise": "noise of the hospital",
    "rounding": "few bits a number, or numbers left out",
    "clip": "the update was cut, by how much nobody else knows",
    "steps": "more than one step",
    "model": "not from a zero model",
}
UNREAD = "–"  # nothing was read, so there is no number to show


def in_the_way(obstacle: str, noise_after: bool) -> str:
    """Why the number of cases was not read, or what was no help."""
    late = "the server's noise comes after it" if noise_after else ""
    return _IN_THE_WAY[obstacle] or late


RUNS = "Two runs that differ by one patient"
RUNS_WORKS = (
    "Somebody has the result of a run, and that of a run without her. Both carry noise, but with one"
    " seed it is the same noise, and in the difference it is gone: what is left is her. That is why a"
    " seed must stay secret, and why curves here may share one and results may not."
)
RUNS_HEADS = ("her record is off by", "with one seed", "with noise anew")
ONE_STEP = "one step over all"

SUMS = "Two sums that differ by one hospital"
SUMS_WORKS = (
    "Masks hide an update in a sum. If another round's sum is of the same hospitals but this one, the"
    " server takes one from the other (So et al. 2021). Masks do not prevent it. What blurs it is that"
    " the others train on in between, and in another order."
)
SUMS_HEADS = ("its update is off by", "sums of one model", "of two rounds")


def part(error: float) -> str:
    """How far off, of the whole."""
    return "over 100 %" if error > 1 else f"{100 * error:.1f} %"


MEMBERS = "Who was in the training"
MEMBERS_WORKS = (
    "A model is a little surer of patients it has seen. The attacker has her record and the model sent"
    " in this round, and says “she was in it” where its error on her is no larger than the mean in"
    " training (Yeom et al. 2018)."
)
MEMBERS_HEADS = ("", "so named", "patients")
SEEN, UNSEEN = "seen in training", "never seen"


def guesses(low: float, at: float, high: float) -> str:
    """How often the attack is right, from its advantage: part named of the seen, less of the others."""
    least, right, most = (words.percent(_right(value), 1) for value in (low, at, high))
    told = (
        f"Shown as many seen as unseen, it is right in {right}; tossing a coin is in 50 %. With so few"
        f" patients it may really be anything from {least} to {most} (95 %)."
    )
    return told + (" So it may be no better than the coin." if low <= 0 <= high else "")


def _right(advantage: float) -> float:
    """The part of guesses that are right, where half of those asked about were in it."""
    return (1 + advantage) / 2


def ceiling(epsilon: float | None, bound: float, allowed: float) -> str:
    """What privacy promises of any such attack."""
    if epsilon is None:
        return "Without privacy there is no promise that a better attack gets no further."
    if math.isinf(epsilon):
        return "Some rounds were sent without noise, so ε promises nothing of better attacks."
    if epsilon == 0:
        return "Nothing of her has been sent yet, so no guess can be better than tossing a coin."
    most, best = words.rounded_up(_right(bound)), words.percent(_right(allowed), 1)
    return (
        f"The promise for one patient so far: ε = {words.budget(epsilon)} alone lets no guess be right in"
        f" more than {most}. Against this noise the best one, made of all that was sent, is in {best}."
    )


# Data

DATA = "The hospitals and their patients"
WINNERS = "Who gains, and who loses, by working together"
BEFORE_FIRST = "After round 1 the column together says what the shared model gets right."
CHANCE = "A patient or two more or fewer can be chance."
RATE = "yes: how many of 100 patients answer yes, the unseen ones included"


SIDE_BY_SIDE = (
    f"Scores side by side: {ONLY_YOU}. Each hospital knows its own, and no ε covers them."
)


def gains(names: list[str], verb: str) -> str:
    """ "3 hospitals gain: A, B and C."."""
    if not names:
        return f"Nobody {verb}s."
    shown = names[:8] + ([f"{len(names) - 8:,} more"] if len(names) > 8 else [])
    word = verb + ("s" if len(names) == 1 else "")
    return f"{words.many(len(names), 'hospital')} {word}: {words.listed(shown)}."


def unchanged(count: int) -> str:
    """Those for whom it makes no difference."""
    return f"For {words.many(count, 'hospital')} it makes no difference." if count else ""


# How hospitals differ

DIFFERENCES = "How different the hospitals are"
KINDS = {  # of the engine: what it is called here
    "label": "labels",
    "quantity": "sizes",
    "covariate": "columns",
    "concept": "meaning",
}
KIND_HEADS = ("", "different", "", "chance", "")
KINDS_READ = (
    "0 is alike. Chance: what the same patients would seldom pass if dealt out at random; no more than"
    " that is no difference. The terms: label shift, quantity skew, covariate shift, concept shift"
    " (Kairouz 2021)."
)
BEING_MEASURED = "How different the hospitals are is being worked out."
NO_PATIENTS_HERE = "A recording holds no patients, so their differences cannot be told."
COLUMNS = "The columns"
COLUMNS_READ = (
    "Apart: a hospital's mean from the mean of all the others, in spreads of the column, squared and"
    " averaged over hospitals (Austin 2009: up to .1 is balance). + is above the others."
)
CROSSED = "Each one's model on the others' patients"
CROSSED_READ = (
    "Down: a hospital's own model. Across: whose unseen patients it is tried on. Of a patient with a yes"
    " and one with a no it should rank the yes higher; of 100 such pairs so many come out right. A coin"
    " gets 50 (AUC)."
)
CROSSED_NONE = (
    "– : a hospital that knows only one answer, or has fewer than two unseen patients of one."
)
RIGHT_CROSSED = "Right answers of 100"
RIGHT_READ = (
    "The same, in right answers. They also fall where a yes is rarer or commoner than at home, whatever"
    " the columns mean."
)
PICTURE = "Patients in two columns"
DONE = "What was done to the table"
QUANTILES = ("least", "a quarter has less", "half have less", "a quarter has more", "most")


def crossed_some(shown: int, crossed: int, hospitals: int) -> str:
    """Which hospitals the matrix is of, and how many of them are shown; nothing where it is all."""
    drawn = f"{crossed} of {hospitals:,} hospitals, drawn by the seed, were tried on each other"
    if crossed < hospitals:
        return drawn + (f"; {shown} of them are shown." if shown < crossed else ".")
    return f"{shown} of {hospitals:,} hospitals are shown." if shown < hospitals else ""


def label_found(low: float, high: float) -> str:
    """ "yes between 36 % and 94 %"."""
    return f"yes between {100 * low:.0f} % and {100 * high:.0f} %"


def quantity_found(low: int, high: int, effective: float, hospitals: int) -> str:
    """Least and most patients, and how many equal hospitals that comes to."""
    if low == high:
        return f"{words.many(low, 'patient')} each"
    if high - low == 1:
        return f"{low:,} or {high:,} patients"
    return f"{low:,} to {high:,} patients, as {effective:.1f} of {hospitals:,} equal"


def covariate_found(column: str, hospital: str, apart: float) -> str:
    """The column that differs most, and where."""
    way = "above" if apart > 0 else "below"
    return f"{column}: {hospital} {abs(apart):.1f} spreads {way} the rest"


def concept_found(own: float, others: float) -> str:
    """How good a model is at home and elsewhere."""
    return f"{100 * own:.0f} % ranked right at home, {100 * others:.0f} % elsewhere"


def concept_missing(hospitals: int) -> str:
    """Why nothing can be said of what the columns mean."""
    if hospitals < 2:
        return "one hospital differs from nobody"
    return "it takes two hospitals with both answers, seen and unseen"


def notebook_score(score: float) -> str:
    """What the notebook would have said."""
    return (
        f"The notebook's score, the standard deviation of the shares of yes, is {score:.3f}. Where it was"
        " .030 the notebook said: low heterogeneity, FedAvg works well."
    )


def notebook_misses(missed: Sequence[str]) -> str:
    """The differences that are there and that the notebook's score cannot see."""
    return f" It cannot see: {words.listed(list(missed))}." if missed else ""


def cloud_read(chosen: str) -> str:
    """How to read the picture."""
    return (
        "A letter is a patient of that hospital: capital for a yes, small for a no."
        f" {chosen} is on top. {ONLY_YOU.capitalize()}: no party has everyone's rows."
    )


def cloud_of_many(chosen: str) -> str:
    """How to read the picture of hospitals that have no letter of their own."""
    return (
        f"A sign is a patient: filled for a yes, hollow for a no; those of {chosen} are bright."
        f" {ONLY_YOU.capitalize()}: no party has everyone's rows."
    )


def source_heading(source: str, patients: int, hospitals: int, columns: int) -> str:
    """What a source holds, in one line."""
    parts = ((patients, "patient"), (hospitals, "hospital"), (columns, "column"))
    return f"{source}: {', '.join(words.many(*part) for part in parts)}"


def hospitals_some(hospitals: int) -> str:
    """What the rows are where hospitals are too many for a row each."""
    return f"Of {hospitals:,} hospitals, each column by itself."


def report_lines(report: Report) -> dict[str, str]:
    """What was found in a table and what was done to it; nothing of what was not."""
    again = f"{words.many(report.duplicates, 'row')} like an earlier one"
    told = {
        "read": _read(report),
        "a yes is": _quoted(report.positive) if report.rows else "",
        "a no is": _quoted(report.negative) if report.rows else "",
        "left out": _counted(report.dropped),
        "twice": again if report.duplicates else "",
        "2,3 is 2.3": ", ".join(map(_quoted, report.decimal_commas)),
        "texts": "; ".join(f"{_quoted(c)}: {_some(t)}" for c, t in report.categories.items()),
        "the same": "; ".join(f"{_quoted(h)}, {_some(s)}" for h, s in report.merged.items()),
        "skipped": "; ".join(f"{_quoted(h)}: {why}" for h, why in report.skipped.items()),
    }
    return {head: text for head, text in told.items() if text}


def _read(report: Report) -> str:
    if not report.files:
        return ""
    files = words.listed(list(report.files))
    if len(report.files) > 3:
        files = f"{report.files[0]} and {len(report.files) - 1:,} more files"
    separator = "tabs" if report.separator == "\t" else _quoted(report.separator)
    return f"{words.many(report.rows, 'row')} of {files}, {report.encoding}, cells divided by {separator}"


def _counted(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{words.many(count, 'row')}: {why}" for why, count in reasons.items())


def _some(texts: Sequence[str], most: int = 6) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(_quoted(text) for text in texts[:most]) + more


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


# Branches

BRANCHES = "Branches"
WHAT_A_BRANCH_IS = (
    "Branches are alternative worlds: each counts its own past, and only one could be published. With"
    " one seed they share their noise, so the difference of two shows what the noise hid."
)
FORK_HOLDS = "n forks here: the next switch then holds from the next round on."
ONE_BRANCH = "There is one branch so far. A switch (f p m c) or b makes another to compare with."
OTHER_PATIENTS = "Other patients are held out there, so counts cannot be compared."
KEEP_SHOWN = "The branch on the screen stays; go to another one first, then delete this."
RENAME = "A name for this branch; Enter keeps it, Esc leaves the old one"
BRANCH_KEYS = (
    ("Enter", "go there"),
    ("n", "fork here"),
    ("r", "rename"),
    ("d", "delete"),
    ("Esc", "close"),
)
ON_SCREEN = "on the screen"
COMPARE = "Branches side by side"
COMPARED = "diff.: right answers more or fewer than the one shown, after the last round of both."
FIRST = "the first"
LIKE_FIRST = "as the first"
MOST_SETTINGS = 6  # of a branch, before "… and 9 more"
SECRET = "another, secret"


KINDS_OF_EPSILON = (
    "ε of one patient, of one hospital, and of one hospital by local noise are promises of three kinds: a"
    " smaller number of another kind is not more private, so they never share an axis."
)


def used(view: View) -> str:
    """The ε a branch has used, and whose it is: "3.99 patient", "∞"; empty without privacy."""
    kind = promise.kind(view)
    if view.epsilon is None:
        return ""
    if kind is None or math.isinf(view.epsilon):
        return words.budget(view.epsilon)
    whose = {promise.Kind.CENTRAL: "hospital"}.get(kind, kind.value)
    return f"{words.budget(view.epsilon)} {whose}"


def forked(round: int) -> str:
    """Where a branch left its past."""
    return f" (from round {round + 1} on)" if round else ""


def after_rounds(shown: int, before: int) -> str:
    """At which moment two branches are compared."""
    if shown == before:
        return f"Right answers on its own unseen patients, both after round {shown}."
    return (
        f"Right answers on its own unseen patients, after round {shown} and after round {before}."
    )


def differs(changes: Mapping[str, Any]) -> str:
    """The first few settings that differ, switches before others: "Privacy off, rounds = 20"."""
    told = [_setting(key, value) for key, value in changes.items()]
    return ", ".join(_few(told)) or LIKE_FIRST


def _few(told: Sequence[str]) -> list[str]:
    rest = len(told) - MOST_SETTINGS
    return [*told[:MOST_SETTINGS], more(rest)] if rest > 0 else list(told)


def _setting(key: str, value: Any) -> str:
    if "." not in key and isinstance(value, bool | None):
        return f"{words.SWITCH_NAMES.get(key, words.section_name(key))} {'on' if value else 'off'}"
    if key == "faults.drops":
        return ", ".join(_few([_drop(str(drop)) for drop in value])) or "nobody drops out"
    if isinstance(value, list | tuple):
        items = " ".join(_few([str(item) for item in value]))
        return words.setting_value(key, items or words.SETTINGS_EMPTY)
    return words.setting_value(key, value)


def _drop(drop: str) -> str:
    round, _, name = drop.partition(":")
    return f"{name} drops out of round {round}"


def apart(done: str, rounds: int) -> str:
    """Two branches that cannot be compared yet."""
    return f"{done} stopped after round {rounds}: Enter in b goes there, g runs it to the end."


def between(shown: str, before: str) -> str:
    """The heading of who gains."""
    return f"{shown} against {before}, hospital by hospital"


# Lessons


def lesson_at(done: int, steps: int) -> str:
    """How far it has got."""
    return f"{done} of {words.many(steps, 'step')} done. It can be left, and is found again here."


LESSON_0 = "Lesson 0: the first five minutes"
LESSON_STARTS = (
    "It opens by itself on the first start. Enter goes on where you left it, or begins it anew."
)
LESSON_DONE = "Done. Everything on the lab can be tried now, and nothing can be broken: u undoes."


# The code

CODE = "This scenario as a code"
CODE_SENT = "It was sent to the clipboard of your terminal, which takes it if it is allowed to."
CODE_OPENS = (
    "It opens anywhere with: fedtui --scenario CODE. Spaces and line ends in it do no harm."
)
CODE_SEEDLESS = (
    "It carries no seed: the data is your own, and with the seed noise could be taken off."
)


# The page itself


def foot(below: int, above: int) -> str:
    """How much there is that does not fit."""
    if below:
        return f"↑↓ {words.many(below, 'more line')} below"
    return f"↑↓ the end; {words.many(above, 'line')} above" if above else ""


CLOSES = "Esc closes"
VIEWS = (("1", "lab"), ("2", "data"), ("3", "compare"), ("4", "messages"), ("5", "lesson 0"))
