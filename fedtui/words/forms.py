"""The form of settings: what each is called, may be and means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.knobs import Knob
from fedtui.words.small import listed, many

_CODEC_NAMES = {
    "float16": "2 bytes a number",
    "quantize": "few bits a number",
    "qsgd": "few bits, by chance",
    "topk": "the largest part",
    "randk": "a random part",
    "sign": "signs only",
}


def setting_value(key: str, value: Any) -> str:
    """ "size of a step = 0.3", "send later what was cut = on"."""
    told = f"{value:g}" if isinstance(value, float) else str(value)
    if key == "compression.codec":
        told = _CODEC_NAMES.get(told, told)
    if isinstance(value, bool):
        told = "on" if value else "off"
    elif isinstance(value, list | tuple):
        told = " ".join(map(str, value)) or SETTINGS_EMPTY
    return f"{setting_name(key)} = {told}"


SECTION_NAMES = {
    "scenario": "Scenario",
    "fedprox": "FedProx",
    "privacy": "Privacy",
    "masking": "Masks",
    "compression": "Compression",
    "training": "Training",
    "faults": "Faults",
    "data": "Data",
    "model": "Model",
}
SETTING_NAMES = {
    "seed": "chance (seed)",
    "fedprox.mu": "pull to the model received",
    "privacy.unit": "who is hidden",
    "privacy.epsilon": "privacy budget ε",
    "privacy.delta": "privacy budget δ",
    "privacy.clip_norm": "largest say of one",
    "privacy.noise_by": "who adds the noise",
    "masking.threshold": "must stay to the end",
    "masking.range": "largest number that fits",
    "compression.codec": "how it is written",
    "compression.bits": "bits a number",
    "compression.fraction": "part that is sent",
    "compression.error_feedback": "send later what was cut",
    "compression.prune": "part set to zero first",
    "training.rounds": "rounds",
    "training.local_epochs": "passes over own patients",
    "training.local_steps": "steps, instead of passes",
    "training.batch_size": "patients in a step",
    "training.learning_rate": "size of a step",
    "training.participation": "taking part",
    "training.weighting": "vote",
    "faults.dropout": "chance to drop out",
    "faults.where": "when it drops out",
    "faults.drops": "who drops out, and when",
    "data.source": "patients from",
    "data.hospitals": "hospitals",
    "data.patients": "patients in each hospital",
    "data.features": "columns",
    "data.partition": "who gets which patients",
    "data.alpha": "how alike hospitals are",
    "data.sizes": "sizes of the hospitals",
    "data.shards": "shards for each hospital",
    "data.along": "column they differ along",
    "data.test_fraction": "kept back for the test",
    "data.scaling": "columns on one scale",
    "data.hospital_col": "column of the hospital",
    "data.label_col": "column of the answer",
    "data.positive": "answer that means yes",
    "data.keep": "columns used",
    "data.drop": "columns left out",
    "data.separator": "sign between columns",
    "model.kind": "model",
    "model.hidden": "hidden units",
    "model.l2": "penalty on large weights",
    "model.init": "numbers before round 1",
    "model.class_weight": "weight of rare cases",
}
SETTINGS = "Settings"
SETTINGS_EMPTY = "none"
SETTINGS_SECRET = "secret"  # Enter shows it
SETTINGS_READING = "Reading the patients to see whether this can run …"
SETTINGS_STUCK = "Esc once more leaves everything as it was."
SETTINGS_TOO_LONG = "That is more text than a setting can hold; a scenario file can hold it."
SETTINGS_NO_STEP = "There is no next value this way; Enter takes one as text."
SETTINGS_ONE_CHOICE = "So far this is the only choice that is built."
SETTINGS_NO_SWITCH = "This section is always there; it cannot be switched off."
SETTINGS_OTHER_SOURCE = "Other patients: the settings of Data are theirs now."
SETTINGS_SMALL = "Please make the window larger: settings need 60 × 18. Esc closes them."
SEED_RANGE = "a whole number, 0 or above"
LOCKED = "A branch goes on with the same patients, model and seed; only a new run can have others."
LOCKED_ROUNDS = "A branch goes on within the planned rounds; only a new run can have more or fewer."
SETTINGS_KEYS = (  # shown, does, and a rank: where there is no room, the lowest goes first
    ("↑↓", "setting", 4),
    ("←→", "change", 9),
    ("Enter", "type", 8),
    ("Tab", "section", 8),
    ("Space", "on/off", 6),
    ("d", "default", 5),
    ("Esc", "done", 9),
)
PRESET_KEYS = (
    ("↑↓", "scenario", 6),
    ("Enter", "start from it", 8),
    ("Tab", "section", 7),
    ("1-9", "a number", 4),
    ("Esc", "done", 9),
)
TYPING_KEYS = (("Enter", "take it", 9), ("Esc", "as it was", 9))
GIVING_UP = ("Esc", "change nothing", 9)


def setting_name(key: str) -> str:
    """What a setting is called; one that has no plain name yet, by its own."""
    return SETTING_NAMES.get(key, key.partition(".")[2] or key)


def section_name(section: str) -> str:
    """What a section is called."""
    return SECTION_NAMES.get(section, section)


def preset(title: str, about: str) -> str:
    """What a scenario is for."""
    return f"{title}. {about[:1].upper()}{about[1:]}."


def preset_way(here: bool) -> str:
    """What Enter does on a scenario."""
    if here:
        return "The settings come from this one; Enter takes all changes back to it."
    return "Enter starts from this one, with its own patients and settings."


def section_told(section: str) -> str:
    """A section and whether it is on, as a sentence of its own."""
    return f"Off now; a change here switches {section_name(section)} on."


def may_be(knob: Knob, kind: type) -> str:
    """What a setting may be."""
    if kind is bool:
        return "on or off"
    if knob.choices:
        unbuilt = f"; not built yet: {', '.join(knob.later)}" if knob.later else ""
        return " or ".join(knob.choices) + unbuilt
    if kind is tuple:
        return "a list, commas between"
    if kind is str:
        return "any text"
    if knob.inf:
        return f"{may_be(replace(knob, inf=False), kind)}, or inf"
    bounds = [
        f"at least {knob.low:g}" if knob.low > -math.inf else "",
        f"above {knob.above:g}" if knob.above > -math.inf else "",
        f"at most {knob.high:,.10g}" if knob.high < math.inf else "",
        f"below {knob.below:g}" if knob.below < math.inf else "",
    ]
    told = " and ".join(filter(None, bounds))
    return (f"a whole number, {told}" if kind is int else told) or "any number"


def setting_told(key: str, help: str, unit: str) -> str:
    """A setting's own key and what it means."""
    return f"{key}: {help}" + (f", in {unit}" if unit and unit not in help else "") + "."


def setting_range(may_be: str, default: str, was_set: bool) -> str:
    """What a setting may be, and what it is when nobody sets it."""
    usual = f"default {default or SETTINGS_EMPTY}"
    return f"May be {may_be}; {usual}{'' if was_set else ', as it is now'}."


_CODECS = {  # what each sends, how much smaller that is, what it loses
    "float16": "2 bytes a number, not 4: half the size; about 3 digits are kept, which is enough.",
    "quantize": "each number as one of 2^bits steps: at 8 bits a quarter; few bits are coarse.",
    "qsgd": "as quantize, but rounded up or down by chance: right on average, and rougher.",
    "topk": "the largest numbers and their places: a tenth of them is about an eighth of the size; small"
    " ones wait, or are lost.",
    "randk": "a part drawn by chance, no places needed: a tenth of the size; the rougher, the smaller.",
    "sign": "of each number its sign, and one length for all: a 32nd; who is large and who small is lost.",
}


_PARTITIONS = {  # that would surprise who goes by the name
    "concept": "labels of many patients are CHANGED: columns mean something else in each hospital, and"
    " nothing found is about the table.",
    "pathological": "patients, sorted by answer, are cut into shards. With 2 each many hospitals get both"
    " answers; with 1 nearly none.",
}


def choice_told(key: str, value: Any) -> str:
    """What the chosen one of several does that its name does not tell; "" of most."""
    if key == "data.partition" and value in _PARTITIONS:
        return f"{key} {value}: {_PARTITIONS[value]}"
    if key != "compression.codec" or value not in _CODECS:
        return ""
    return f"{key} {value}: {_CODECS[value]} {FEW_NUMBERS}"


FEW_NUMBERS = (
    "A model of 11 numbers hardly shows a cost."  # measured on `cells`: tests/test_form.py
)


def settings_followed(values: Mapping[str, str]) -> str:
    """What else is another value now, since its default hangs on the setting changed: name → value."""
    told = [f"{setting_name(key)} = {value}" for key, value in values.items()]
    return f"Nobody had set {'it' if len(told) == 1 else 'them'}, so with this: {listed(told)}."


def setting_idle(why: str) -> str:
    """Why a setting changes nothing now."""
    return f"Not in use: {why}."


def choose(choices: Sequence[str]) -> str:
    """The way out of a word that is not built yet."""
    *most, last = choices
    return f"choose {', '.join(most)} or {last}" if most else f"choose {last}"


def changes(count: int) -> str:
    """How many settings differ from where the form began."""
    return f"{many(count, 'change')}" if count else "nothing changed"
