"""What a command line says about settings: SCENARIO, --set, --without, --rounds, --seed.

Shared by the commands that run something, so that a setting is written in the same way for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import Scenario
from engine.settings import read_setting
from fedtui import scenarios, seeds, words
from fedtui.titles import renamed


def load(scenario: str | None) -> Scenario:
    """The scenario named, or the default one."""
    return scenarios.load(scenario or scenarios.DEFAULT)


def read(settings: Iterable[str], rounds: int | None, seed: int | None) -> dict[str, Any]:
    """Dotted key → value of every "KEY=VALUE", the last word on a key said last."""
    changes: dict[str, Any] = {}
    for key, value in map(read_setting, settings):
        changes.pop(key, None)
        changes[key] = value
    if rounds is not None:
        changes["training.rounds"] = rounds
    if seed is not None:
        changes["seed"] = seed
    return changes


def changed(scenario: Scenario, without: Iterable[str], changes: dict[str, Any]) -> Scenario:
    """All changes at once, so that only their outcome has to be valid; sections go off first.

    Other patients bring another title.
    """
    return renamed(scenario, scenario.replace_all(dict.fromkeys(without, False), changes))


def chosen_seed(scenario: Scenario, changes: dict[str, Any]) -> bool:
    """Whether somebody chose the seed, on the line or in a file of their own."""
    return "seed" in changes or seeds.chosen_by_file(scenario)


def seeded(scenario: Scenario, chosen: bool) -> tuple[Scenario, str]:
    """With noise on own data that nobody can draw again, and a sentence that tells its seed.

    Without noise the same command gives the same numbers twice, and there is nothing to say.
    """
    if not seeds.adds_noise(scenario):
        return scenario, ""
    drawn = seeds.unguessable(scenario, chosen=chosen)
    return drawn, "" if drawn is scenario else words.seed_drawn(drawn.seed)
