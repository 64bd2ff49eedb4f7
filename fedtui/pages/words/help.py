"""The help: what can be done in each view, what each glyph stands for, our words beside the field's."""

from __future__ import annotations

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
