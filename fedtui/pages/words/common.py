"""What several pages say: what is not there yet, whom a term is from, a round's name."""

from __future__ import annotations

from fedtui.view import View

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
