"""Who can read what, and why."""

from __future__ import annotations

from collections.abc import Mapping

from engine.channels.section import opens_with
from fedtui import promise, words
from fedtui.view import View

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
    promise.Kind.PATIENT: "It receives each update with noise in it. That hides {one}, from the"
    " server too: it cannot be sure what was there. What the hospital's patients have in common it"
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
        said = HIDDEN_TOO[promise.kind(view) or promise.Kind.PATIENT]
        return said.format(one=words.one_unit(view))
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
    " cannot be sure whether {one} was there.",
    promise.Kind.CENTRAL: "Noise on the sum, by the server: those who receive the model cannot be sure"
    " what one hospital put in. The server can.",
    promise.Kind.LOCAL: "Noise on each update, by its hospital (local): nobody, not even the server, can"
    " be sure what it sent.",
}


def switch_does(view: View, section: str) -> str:
    """What a switch does to who can read what, or would do."""
    off, on = SWITCH_DOES.get(section, (_PRIVACY_OFF.format(one=words.one_unit(view)), ""))
    if section not in view.switches:
        return off
    if section != "privacy":
        return on
    if not promise.noised(view):
        return "As under privacy, but without noise: everything can be read as it is."
    does = _PRIVACY_DOES[promise.kind(view) or promise.Kind.PATIENT]
    return " ".join(
        filter(None, [does.format(one=words.one_unit(view)), words.outside_epsilon(view)])
    )


_PRIVACY_OFF = (
    "Would put noise into every step, so that nobody can be sure whether {one} was there."
)
