"""Other worlds: the scenario that a key means, made from the one that is shown.

A change holds from round 1, or from a later round on: then it is a `[[change]]` of the scenario, so
that a fork is a scenario like any other, with a code, and runs the same from its first round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.scenario import Scenario
from engine.settings import CHANGEABLE, TEXTS

Settings = Mapping[str, Any]  # dotted key → value


def in_force(scenario: Scenario, fork: int) -> Scenario:
    """The settings that hold after round `fork`; with 0, those the scenario starts with."""
    return scenario.at(fork + 1) if fork else scenario


def from_round(scenario: Scenario, fork: int, wanted: Scenario) -> Scenario:
    """`scenario` with the settings of `wanted` from the round after `fork` on; with 0, `wanted`.

    Only what may change in the middle of a run is taken over.
    """
    if not fork:
        return wanted
    others = [c.as_dict() for c in scenario.changes if c.round != fork + 1]
    given = {key: value for key, value in scenario.given.items() if key != "change"}
    before = Scenario.from_dict({**given, "change": others})
    settings = difference(before.at(fork + 1), wanted)
    changes = [*others, {"round": fork + 1, "set": settings}] if settings else others
    return Scenario.from_dict({**given, "change": changes} if changes else given)


def difference(old: Scenario, new: Scenario) -> dict[str, Any]:
    """The settings that lead from `old` to `new`, as a change in the middle of a run may set them."""
    before, after = old.as_dict(), new.as_dict()
    settings: dict[str, Any] = {}
    for section in CHANGEABLE:
        was, will = before.get(section), after.get(section)
        if will is None:
            settings.update({section: False} if was is not None else {})
        elif was is None:
            settings.update(dotted(section, new.given.get(section, {})) or {section: True})
        else:
            changed = {key: value for key, value in will.items() if value != was[key]}
            settings.update(dotted(section, changed))
    return settings


def flat(settings: Settings) -> dict[str, Any]:
    """Every setting of a whole scenario (`Scenario.as_dict`) by its dotted key, seed and sections."""
    keys: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            keys.update(dotted(key, value))
        elif key not in (*TEXTS, "change"):
            keys[key] = value
    return keys


def dotted(section: str, values: Settings) -> dict[str, Any]:
    """A section's settings by their dotted keys."""
    return {f"{section}.{key}": value for key, value in values.items()}


def flipped(scenario: Scenario, section: str, kept: Settings) -> Scenario:
    """With `section` off where it is on, else on again with its `kept` settings."""
    if scenario.on(section):
        return scenario.without(section)
    return scenario.replace(kept or {section: True})


def drops(scenario: Scenario, round: int, hospital: str) -> bool:
    """Whether `hospital` is named to drop out of `round`."""
    return f"{round}:{hospital}" in _drops(scenario)


def _drops(scenario: Scenario) -> list[str]:
    return list(scenario.as_dict().get("faults", {}).get("drops", ()))


def falls_at(scenario: Scenario) -> str:
    """Where in a round hospitals fall away: "sharing" | "before" | "after"."""
    return str(scenario.as_dict().get("faults", {}).get("where", "before"))


def point(scenario: Scenario, ahead: Sequence[str]) -> str:
    """Where a hospital falls away next: the first point `ahead`, or that of all others; "" if passed."""
    faults = scenario.given.get("faults", {})
    fixed = falls_at(scenario) if _drops(scenario) or faults.get("dropout") else ""
    return next((point for point in ahead if fixed in ("", point)), "")


def dropped(scenario: Scenario, round: int, hospital: str, where: str = "before") -> Scenario:
    """With `hospital` dropping out of `round`; one that does so already stays.

    Args:
        where: Where in the round, if it is the first to drop out; the others follow it.
    """
    drop, known = f"{round}:{hospital}", _drops(scenario)
    others = [other for other in known if other != drop]
    given = scenario.given.get("faults", {})
    if others == known:
        first = not known and not given.get("dropout") and where != falls_at(scenario)
        point = {"faults.where": where} if first else {}
        return scenario.replace({**point, "faults.drops": [*known, drop]})
    if others:
        return scenario.replace({"faults.drops": others})
    alone = ("drops",) if given.get("dropout") else ("drops", "where")
    rest = {k: v for k, v in given.items() if k not in alone}
    return scenario.replace_all({"faults": False}, dotted("faults", rest))
