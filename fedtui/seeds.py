"""A seed that nobody can guess, for a run on one's own data.

All noise of a run is drawn from its seed, so whoever knows the seed takes the noise off again. The
default and the seeds of the built-in scenarios are known to everybody; on one's own data they are
replaced by one from the operating system, and that one is left out of whatever may be handed on. It
is kept where the run itself is kept: in the session, in a recording, in the settings on the screen.
"""

from __future__ import annotations

import secrets

from engine.scenario import Scenario

_BITS = 62  # one less than a seed may have: R counts on from it


def unguessable(scenario: Scenario, *, chosen: bool) -> Scenario:
    """`scenario`; on own data, and where nobody has `chosen` its seed, with a fresh one."""
    if chosen or not scenario.on_own_data:
        return scenario
    return scenario.replace({"seed": 1 << _BITS | secrets.randbits(_BITS)})


def chosen_by_file(scenario: Scenario) -> bool:
    """Whether the author of a scenario on own data gave it a seed."""
    return scenario.on_own_data and "seed" in scenario.given


def adds_noise(scenario: Scenario) -> bool:
    """Whether noise is drawn in any of its rounds."""
    rounds = (1, *(change.round for change in scenario.changes))
    return any(scenario.at(round).on("privacy") for round in rounds)
