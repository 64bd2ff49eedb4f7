"""Models: what hospitals learn together. One model, one file; `base` says what training asks of one."""

from __future__ import annotations

from engine import sections
from engine.models.base import Model
from engine.models.logistic import Logistic
from engine.models.mlp import Mlp

__all__ = ["Logistic", "Mlp", "Model", "model_of"]


def model_of(model: sections.Model, features: int) -> Model:
    """What the section `[model]` means on a table of so many columns."""
    if model.kind == "mlp":
        return Mlp(features, model.hidden)
    return Logistic(features, model.init)
