"""The `[compression]` section: which codec writes the updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.codecs.base import Codec
from engine.codecs.float32 import Float32
from engine.codecs.quantize import Quantize
from engine.errors import NotBuiltYet, ScenarioError
from engine.knobs import knob
from engine.switch import Settings, Switch

_LATER = ("float16", "qsgd", "topk", "randk", "sign")


def _remembers(values: Mapping[str, Any]) -> bool:
    return values["codec"] in ("topk", "sign")


@dataclass(frozen=True)
class Compression(Switch):
    """Fewer bytes per update."""

    section: ClassVar[str] = "compression"

    codec: str = knob("quantize", "how an update is written", choices=("quantize",), later=_LATER)
    bits: int = knob(8, "bits per parameter (quantize, qsgd)", low=1, high=16, unit="bits")
    fraction: float = knob(0.1, "part of the parameters sent (topk, randk)", above=0, high=1)
    error_feedback: bool = knob(False, "send later what was rounded off now", depends=_remembers)
    prune: float = knob(0.0, "part of the params zeroed before they are sent", low=0, below=1)

    def unused(self, key: str) -> str:
        """Quantisation has bits, sparse codecs have a fraction."""
        idle = {"bits": ("quantize", "qsgd"), "fraction": ("topk", "randk")}.get(key)
        return f"codec {self.codec!r} does not use it" if idle and self.codec not in idle else ""

    def refuse(self, scenario: Settings) -> None:
        """Refuse what is not built yet, and rounding that privacy cannot bound."""
        if self.prune > 0:
            raise NotBuiltYet("compression.prune", "pruning", "leave it at 0")
        if self.error_feedback:
            if scenario.on("privacy"):
                raise ScenarioError(
                    "compression.error_feedback: what is fed back escapes the clip, so no ε holds;"
                    " switch it off, or privacy."
                )
            raise NotBuiltYet("compression.error_feedback", "error feedback", "leave it at false")

    def build_codec(self) -> Codec:
        """The codec these settings mean."""
        return Quantize(self.bits)


def codec_of(scenario: Settings) -> Codec:
    """The codec that writes this scenario's updates: float32 without compression."""
    compression = scenario.get(Compression)
    return compression.build_codec() if compression else Float32()
