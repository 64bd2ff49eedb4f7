"""The `[compression]` section: which codec writes the updates, and what is pruned before it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.codecs.base import Codec
from engine.codecs.float16 import Float16
from engine.codecs.float32 import Float32
from engine.codecs.qsgd import Qsgd
from engine.codecs.quantize import Quantize
from engine.codecs.randk import RandK
from engine.codecs.sign import Sign
from engine.codecs.topk import TopK
from engine.errors import ScenarioError
from engine.knobs import knob
from engine.privacy.section import Privacy
from engine.stages.base import Stage
from engine.stages.error_feedback import ErrorFeedback
from engine.stages.pruning import Pruning
from engine.switch import Setting, Settings, Switch

CODECS = ("float16", "quantize", "qsgd", "topk", "randk", "sign")
CONTRACTIVE = ("topk", "sign")  # they leave out the same small numbers every time
_USERS: Mapping[str, tuple[str, ...]] = {
    "bits": ("quantize", "qsgd"),
    "fraction": ("topk", "randk"),
}


def _remembers(values: Mapping[str, Any]) -> bool:
    return values["codec"] in CONTRACTIVE


@dataclass(frozen=True)
class Compression(Switch):
    """Fewer bytes per update, and per model where it is pruned."""

    section: ClassVar[str] = "compression"

    codec: str = knob(
        "quantize",
        "how an update is written: rounded (float16, quantize, qsgd), in part (topk, randk) or by signs",
        choices=CODECS,
    )
    bits: int = knob(8, "bits per parameter (quantize, qsgd)", low=1, high=16, unit="bits")
    fraction: float = knob(0.1, "part of the parameters sent (topk, randk)", above=0, high=1)
    error_feedback: bool = knob(False, "send later what was rounded off now", depends=_remembers)
    prune: float = knob(0.0, "part of the params zeroed before they are sent", low=0, below=1)

    def unused(self, key: str) -> str:
        """Levels have bits, sparse codecs have a fraction."""
        users = _USERS.get(key, ())
        return f"codec {self.codec!r} does not use it" if users and self.codec not in users else ""

    def refuse(self, scenario: Settings) -> None:
        """Refuse a level without a bit for it, and feedback where something must stay bounded."""
        if self.codec == "qsgd" and self.bits < 2:
            raise ScenarioError(
                "compression.bits: qsgd needs one bit for the sign and one for a level; set 2 or more."
            )
        privacy = scenario.get(Privacy)
        if not self.error_feedback:
            return
        # Where the hospital adds the noise, an update is safe before feedback sees it: what follows is
        # post-processing. Where the server does, nothing may lengthen an update after its clip.
        if privacy and privacy.trusts_server:
            raise ScenarioError(
                "compression.error_feedback: what is fed back escapes the clip, so no ε holds;"
                " switch it off, or privacy."
            )
        if scenario.on("masking"):
            raise ScenarioError(
                "compression.error_feedback: masks hide numbers within a range fixed before round 1,"
                " and what is fed back can lead out of it; switch it off, or masks."
            )

    def notes(self, scenario: Settings) -> tuple[str, ...]:
        """Warn of a codec that never sends what stays small."""
        if self.codec not in CONTRACTIVE or self.error_feedback:
            return ()
        return (
            f"compression.error_feedback: without it {self.codec} loses the same small numbers in"
            " every round.",
        )

    def build_codec(self) -> Codec:
        """The codec these settings mean."""
        codecs: Mapping[str, Codec] = {
            "float16": Float16(),
            "quantize": Quantize(self.bits),
            "qsgd": Qsgd(self.bits),
            "topk": TopK(self.fraction),
            "randk": RandK(self.fraction, rescaled=not self.error_feedback),
            "sign": Sign(),
        }
        return codecs[self.codec]

    def stages(self, setting: Setting) -> tuple[Stage, ...]:
        """What acts on the model before it is sent, and on updates before they are coded."""
        feedback = (ErrorFeedback(self.build_codec()),) if self.error_feedback else ()
        return (*((Pruning(self.prune),) if self.prune else ()), *feedback)


def codec_of(scenario: Settings) -> Codec:
    """The codec that writes this scenario's updates: float32 without compression."""
    compression = scenario.get(Compression)
    return compression.build_codec() if compression else Float32()
