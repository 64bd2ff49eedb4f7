"""What privacy promises in a view: whom it hides, from whom, and what has come of it so far.

An ε means three different things, by the unit it hides and by who adds the noise:

    PATIENT   one patient, noise at every step in the hospital: hidden from the server too
    CENTRAL   one hospital, noise by the server on the sum: hidden from those who receive the model
    LOCAL     one hospital, noise by each on its own update: hidden from the server too, and dearer

Numbers of one kind say nothing beside those of another. With an infinite budget all is done as under
privacy but for the noise: then nothing is promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from engine.privacy import accountant
from engine.privacy.ledger import Release, Releases
from fedtui.view import View

HIDES_NOBODY = 0.99  # a guess that is right so often


class Kind(StrEnum):
    """Whom ε hides, and who adds the noise."""

    PATIENT = "patient"
    CENTRAL = "central"
    LOCAL = "local"


def kind_of(settings: Mapping[str, Any]) -> Kind:
    """The kind of a plan, or of the settings of `[privacy]`."""
    if settings["unit"] == "patient":
        return Kind.PATIENT
    return Kind.CENTRAL if settings["noise_by"] == "server" else Kind.LOCAL


def kind(view: View) -> Kind | None:
    """The kind in force; None without privacy."""
    settings = view.privacy or view.switches.get("privacy")
    return kind_of(settings) if settings else None


def noised(view: View) -> bool:
    """Whether noise is added in the rounds now played."""
    if view.privacy is None:
        return False
    return bool(np.any(np.asarray(view.privacy["noise_multiplier"]) > 0))


def noised_at_home(view: View) -> bool:
    """Whether updates carry noise when they leave a hospital."""
    return noised(view) and kind(view) is not Kind.CENTRAL


def divides_as_planned(view: View) -> bool:
    """Whether the sum is divided by what was planned, whoever came: only under the server's noise."""
    return view.privacy is not None and kind(view) is Kind.CENTRAL


def worst(view: View) -> int:
    """The hospital whose units have spent most."""
    spent = view.hospitals.epsilon
    return 0 if np.isnan(spent).all() else int(np.nanargmax(spent))


def releases(view: View) -> Releases:
    """What was released so far of one unit, where most was spent."""
    if view.privacy is None:
        return ()
    unit, who = view.privacy["unit"], worst(view)
    return tuple(
        Release(float(e.of(unit)[who]), int(e.counts[who]), float(e.sampling_rate[who]))
        for e in view.released
        if e.counts[who]
    )


def best_guess(view: View) -> float:
    """How often the best test tells by now whether one unit was in it: ½ is guessing."""
    return accountant.best_guess(releases(view))


def ceiling(view: View) -> float:
    """What the ε spent promises of any guess; 1 where ε is infinite."""
    delta = float(view.privacy["delta"]) if view.privacy else 0.0
    return accountant.ceiling(view.epsilon or 0.0, delta)


def naive(view: View) -> tuple[float, float]:
    """ε and δ of the releases so far, each by itself, added up."""
    delta = float(view.privacy["delta"]) if view.privacy else 0.0
    return accountant.naive(releases(view), delta)
