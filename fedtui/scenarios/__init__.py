"""The built-in scenarios, one TOML file each, and how a name, a file or a code becomes a scenario."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from os.path import exists, isfile  # false, not an error, where a name is too long for a path
from pathlib import Path

from engine import Scenario, ScenarioError
from engine.knobs import nearest

DEFAULT = "cells"
NAMES = ("cells", "specialists", "network", "clinics", "notebook")  # in the order they teach
_CODE = re.compile(r"f\d+-")


def source(name: str) -> str:
    """The TOML of a built-in scenario, comments and all.

    Raises:
        ScenarioError: No built-in scenario has this name.
    """
    if name not in NAMES:
        raise ScenarioError(f"scenario: there is no {name!r}; {nearest(name, NAMES)}")
    return files(__package__).joinpath(f"{name}.toml").read_text("utf-8")


def load(text: str = DEFAULT) -> Scenario:
    """The scenario that `text` means: a built-in name, a TOML file, or a code.

    Raises:
        ScenarioError: None of them, or one that cannot run.
    """
    text = text.strip()
    if text in NAMES:
        return Scenario.from_toml(source(text))
    if _CODE.match(text):
        return Scenario.from_code(text)
    path = Path(text)
    if path.suffix != ".toml" and not isfile(path):
        raise ScenarioError(
            f"scenario: {text!r} is no built-in scenario, TOML file or code; {nearest(text, NAMES)}"
        )
    return _from_file(path)


@cache
def presets() -> tuple[tuple[str, str, str], ...]:
    """Name, title and one line about each built-in scenario, in the order in which they teach."""
    built_in = (Scenario.from_toml(source(name)) for name in NAMES)
    return tuple((each.name, each.title, each.about) for each in built_in)


def _from_file(path: Path) -> Scenario:
    try:
        toml = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ScenarioError(
            f"scenario: {path} cannot be read ({reason}); check the path."
        ) from None
    scenario = Scenario.from_toml(toml)
    beside = path.parent / scenario.data.source
    if scenario.on_own_data and not exists(scenario.data.source) and exists(beside):
        settings = {f"data.{k}": v for k, v in scenario.given["data"].items()}
        return scenario.replace({**settings, "data.source": str(beside)})
    return scenario
