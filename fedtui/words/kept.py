"""What is kept on disk, and what went wrong with it, or with a run."""

from __future__ import annotations

DAMAGED = "is damaged"
LATER = "is from a later version"
NO_FILE = "it is not a file"


def not_kept(where: str, why: str) -> str:
    """Settings or a session could not be written."""
    return f"Your place cannot be kept: {where} cannot be written ({why}). The lab goes on."


def not_read(where: str, why: str) -> str:
    """Something kept could not be read."""
    return f"{where} cannot be read ({why}); starting afresh."


def set_aside(name: str, why: str, aside: str) -> str:
    """Something kept could not be understood."""
    return f"{name} {why}; it is called {aside} now, beside a fresh one."


def offer(title: str, round: int, rounds: int) -> str:
    """The line that offers an earlier session."""
    return f"Earlier: {title}, round {round} of {rounds}. o brings it back, Esc leaves it."


def resumed(title: str, same: bool) -> str:
    """An earlier session is back."""
    if same:
        return f"{title} is back where you left it."
    return f"{title} is back, but its curve is not the one it had: other data, or another version."


CRASH_HOLDS = (
    "Where fedtui went wrong: places in its own code and the kinds of error, and nothing of any table."
    " Messages of errors are left out, since they may hold a patient's values."
)


def crashed(what: str, where: str) -> str:
    """A mistake of ours ended the lab."""
    return f"fedtui: a mistake of ours ended the lab ({what}); your place is kept. {where}"


def stumbled(what: str, where: str) -> str:
    """A mistake of ours ended a run."""
    return f"A mistake of ours ended this run ({what}, {where}). u goes back, r runs it again."


def saved(path: str, own_data: bool = False) -> str:
    """Where a file is, and whose numbers are in it."""
    return f"Saved as {path}." + (" It tells of your own patients." if own_data else "")


NO_OFFER = "There is no earlier session."
