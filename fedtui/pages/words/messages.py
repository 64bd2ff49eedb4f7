"""Every message: what it holds."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codecs.numbers import how_many
from engine.stages.pruning import left
from engine.wire import Kind
from fedtui import promise, words
from fedtui.pages.words.common import round_of
from fedtui.pages.words.equations import by_patients
from fedtui.pages.words.readers import SUM_LOST
from fedtui.view import View

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
