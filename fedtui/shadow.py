"""Is the `engine` that would be imported ours? The name is a common word (docs/decisions/0001)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click


def refuse_shadowed_engine() -> None:
    """Stop with a sentence where another package named `engine` comes first on the path."""
    spec = find_spec("engine")
    ours = Path(__file__).resolve().parent.parent / "engine"
    if spec is None or not spec.origin:
        raise click.UsageError(
            f"its package `engine` is missing beside {ours.parent}; install fedtui again."
        )
    found = Path(spec.origin).resolve().parent
    if found != ours:
        raise click.UsageError(
            f"another package named `engine` in {found} hides fedtui's own;"
            " take that folder off PYTHONPATH, or install fedtui in an environment of its own."
        )
