"""What compression does to the numbers of the equation and of a message."""

from __future__ import annotations

import numpy as np

from engine.codecs.numbers import how_many
from engine.stages.pruning import left
from fedtui import words
from fedtui.pages.words.common import LEVELS
from fedtui.view import View

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
