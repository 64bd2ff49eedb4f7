"""The attacks: what was tried, what was read, what stops it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fedtui import words
from fedtui.pages.words.common import ONLY_YOU

if TYPE_CHECKING:
    from engine.attacks.one_patient import Attempt


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
        return f"{told} No other update arrives: new model − old model is its update."
    if "other" in readers:
        return f"{told} Only two updates arrive: new model − old model − its own is this one."
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
CASES_TOLD = (
    "Cases weigh as much as all others here (model.class_weight), and for that each hospital told the"
    " server how many answer yes, before round 1 and in the clear: no mask, clip or noise covers it."
)
SET_UP = "told before round 1"
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
