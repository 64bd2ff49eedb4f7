"""Stages, one idea a file. A stage that a scenario can switch on is named in `STAGES`.

That is all there is to do for a new one: its section in TOML, its form on the screen, `--set`, `--help`
and the suite of laws follow from its class.
"""

from engine.stages.fedprox import FedProx
from engine.switch import Switch

STAGES: tuple[type[Switch], ...] = (FedProx,)
