"""What the server holds, and who can read what."""

from __future__ import annotations

from fedtui import promise
from fedtui.view import View
from fedtui.words.masks import masks_agreed
from fedtui.words.small import many, number


def readers(view: View) -> list[tuple[str, str, str, str]]:
    """Rows of the table: what, and whether server, others, network can read it.

    The network sees encrypted connections. A star marks what can be worked out: new model − old model.
    Of a lost round there is nothing to work out.
    """
    masked, noisy = "masking" in view.switches, promise.noised(view)
    adding = in_sum(view)
    sum_read = "no" if view.aborted else "noisy*" if noisy else "yes*"
    one_read = sum_read if adding <= 2 else "no"
    server_reads = "noisy" if promise.noised_at_home(view) else "yes"
    hidden = view.aborted or (masked and adding > 1)
    return [
        ("patient rows", "no", "no", "no"),
        ("one update", "no" if hidden else server_reads, one_read, "no"),
        ("sum of all", "no" if view.aborted else server_reads, sum_read, "no"),
    ]


def in_sum(view: View) -> int:
    """How many updates the sum is made of, as far as is known: those who fell away are not in it.

    Whoever knows all of them but one knows that one.
    """
    h = view.hospitals
    return int((h.drawn & ~h.lost).sum()) if h.drawn.any() else len(h)


def readers_note(view: View) -> str:
    """What the star means."""
    if view.aborted:
        return "nothing was added up"
    if in_sum(view) == 2:
        return "* the sum, minus one's own"
    return "* new model minus old model"


def server_reads(view: View) -> list[str]:
    """What the server can read, longest first; of what has not come, what it will be able to."""
    count, noisy = in_sum(view), promise.noised_at_home(view)
    if "masking" in view.switches and view.round and not masks_agreed(view):
        return ["nothing yet: masks come first", "nothing yet"]
    if "masking" in view.switches:
        noised = [f"the noised sum of {count:,}"] if noisy else []
        return [*noised, f"the sum of {count:,}, no single", f"only the sum of {count:,}"]
    return ["every update, noised"] if noisy else ["every single update"]


def holds(view: View) -> list[str]:
    """The shared model as it is, longest first."""
    numbers = many(view.parameters, "number")
    return [f"{numbers}, {view.model_size:,} bytes" if view.model_size else numbers, numbers]


def last_step(view: View) -> list[str]:
    """How far the model moved when the updates were combined."""
    return [
        "not combined yet" if view.update_norm is None else f"moved by {number(view.update_norm)}"
    ]


def round_lost(view: View) -> list[str]:
    """Why a round came to nothing, longest first."""
    if "masking" in view.switches and view.hospitals.size.any():
        return ["the sum cannot be opened"]
    return ["no update can be used" if view.hospitals.size.any() else "no update arrived"]
