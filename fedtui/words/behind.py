"""What lies behind a moment, for a screen that has room for it, with the paper it is from."""

from __future__ import annotations

from fedtui import promise
from fedtui.view import View
from fedtui.words.small import HEADER, many, percent_of_one


def background(view: View) -> str:
    """What lies behind the moment, for a screen that has room for it."""
    told = _BACKGROUND.get(view.moment, "")
    if promise.kind(view) is promise.Kind.PATIENT:
        told = _BACKGROUND_OF_PATIENTS.get(view.moment, told)
    if view.privacy and view.moment == "RoundFinished":
        told += f" {OUTSIDE}"
    return told.format(
        batch=_batch(view),
        one=percent_of_one(view),
        header=HEADER,
        votes=_electorate(view),
        numbers=_numbers(view),
    )


def _numbers(view: View) -> str:
    """What a model is."""
    if view.settings.get("model", {}).get("kind") == "mlp":
        return f"the {many(view.parameters, 'weight')} of a network"
    return "a weight for each column and one more"


def _electorate(view: View) -> str:
    """Of what a vote is a part."""
    if view.settings.get("training", {}).get("weighting") == "equal":
        return "the hospitals taking part, all alike"
    if promise.divides_as_planned(view):
        return "the patients planned for, whoever comes: a divisor that changed would tell who did"
    return "the patients taking part: every patient counts the same, wherever she is"


def _batch(view: View) -> str:
    size = int(view.settings.get("training", {}).get("batch_size", 0))
    return f"{many(size, 'patient')} at a time" if size else "all at once"


_BACKGROUND = {
    "RunStarted": "Send the model, train it where the patients are, average what comes back, and"
    " again: federated averaging (McMahan 2017).",
    "ModelSent": "Numbers, not rows: {numbers}, 4 bytes each behind a header of {header}. Everybody"
    " gets the same message.",
    "EpochTrained": "A pass visits every own patient once, in random order, {batch}, and moves the"
    " model a little after each batch.",
    "UpdatesProtected": "An update is a hospital's model minus the one it received: what its own"
    " patients changed. What is sent from here on is the update, not the model.",
    "KeysAdvertised": "Keys are new in every round, so that no two messages ever share a mask.",
    "KeysForwarded": "Either private half makes the same secret with the other's public one: X25519.",
    "SharesSent": "A secret is a curve's height at zero, a share its height elsewhere. Through too few"
    " points goes a curve for every secret there is (Shamir 1979).",
    "SharesForwarded": "The two secrets are the key to a hospital's masks with others, and the seed of its"
    " own mask. Later the others give away one of the two, never both.",
    "UpdatesMasked": "Both hospitals of a pair draw the same mask from their secret (ChaCha20), in a"
    " ring of integers where adding and taking away cancel exactly (Bonawitz 2017).",
    "SurvivorsAnnounced": "Were both kinds of mask of one hospital opened, its update would lie bare. So a"
    " hospital answers the first list it is told and refuses every other.",
    "SharesRevealed": "A server that as many hospitals help as open a sum could open every update. With"
    " fewer it learns the sum of the others, and no more.",
    "MasksRemoved": "An own mask is drawn again from its seed. Of one that fell away the server draws what"
    " it would have added, had it stayed, and the others' masks with it cancel.",
    "UpdatesSent": "Messages leave one after the other here so that eyes can follow. The server"
    " goes on when the last one has come.",
    "HospitalsDropped": "Real hospitals lose their connection. Without masks the others' updates are"
    " added up; under masks enough of the others must be there to open what is left in the sum.",
    "Aggregated": "A vote is a hospital's part of {votes}.",
    "RoundFinished": "Unseen patients were held out in each hospital and never trained on. One of them"
    " is {one}: a difference of a few says little.",
    "RunFinished": "v turns to bytes and privacy used, 2 tells who gained, e shows the equation.",
}


OUTSIDE = "Scores of single hospitals stand outside ε: only you can see this."
_BACKGROUND_OF_PATIENTS = {
    "EpochTrained": "At every step a coin decides for each patient whether she is in it. Each one's"
    " gradient is cut, noise is added to the sum, and the sum is divided by the number expected, so"
    " that nothing tells who came (DP-SGD, Abadi 2016).",
}
