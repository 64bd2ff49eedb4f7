"""What the engine refuses, and how it says so.

    EngineError                one sentence: what, where, the way out
    ├── ScenarioError          a setting or a mix of settings that cannot run
    │   └── NotBuiltYet        a value this version knows by name only
    ├── DataError              a table that cannot be read or used
    └── RunError               a run that started and could not finish

`str(error)` is the whole sentence; a command line prints it and nothing else.
"""


class EngineError(Exception):
    """Base of every refusal."""


class ScenarioError(EngineError):
    """A setting, or a mix of settings, that cannot run."""


class NotBuiltYet(ScenarioError):  # noqa: N818 - the refusal is the sentence it begins
    """A value that the scenario format knows and this version does not run."""

    def __init__(self, where: str, what: str, instead: str) -> None:
        super().__init__(f"{where}: {what} is not built yet; {instead}.")


class DataError(EngineError):
    """A table that cannot be read or used."""


class RunError(EngineError):
    """A run that started and could not finish."""
