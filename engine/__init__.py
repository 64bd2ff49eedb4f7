r"""The engine of fedtui: federated learning as a generator of events, without a screen.

Scenario → simulate(scenario, start=None) → Iterator[Event] → your fold

>>> from engine import Scenario, run
>>> scenario = Scenario.from_toml('[data]\nsource = "breast-cancer"\nhospitals = 4')
>>> run(scenario)["final"]["stopped"] is None
True
"""

from engine.errors import DataError, EngineError, NotBuiltYet, RunError, ScenarioError
from engine.result import Result, run
from engine.scenario import Scenario
from engine.simulation import simulate
from engine.version import __version__

__all__ = [
    "DataError",
    "EngineError",
    "NotBuiltYet",
    "Result",
    "RunError",
    "Scenario",
    "ScenarioError",
    "__version__",
    "run",
    "simulate",
]
