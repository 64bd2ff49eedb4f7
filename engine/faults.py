"""The `[faults]` section: hospitals that fall away in the middle of a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import NotBuiltYet
from engine.knobs import knob
from engine.switch import Settings, Switch


@dataclass(frozen=True)
class Faults(Switch):
    """Things that go wrong on purpose."""

    section: ClassVar[str] = "faults"

    dropout: float = knob(0.0, "probability that a hospital drops out of a round", low=0, below=1)
    where: str = knob(
        "before", "when it drops out, seen from its upload", choices=("before", "after")
    )

    def refuse(self, scenario: Settings) -> None:
        """Dropouts come with the whole masking protocol."""
        if self.dropout > 0:
            raise NotBuiltYet("faults.dropout", "a dropout", "leave it at 0")
