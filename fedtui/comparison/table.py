"""The comparison for people: a table, what it means, and a plot."""

from __future__ import annotations

from fedtui.comparison.outcome import Outcome


def shown(outcome: Outcome) -> str:
    """All of it, as text."""
    lines = []
    for i, s in enumerate(outcome.summaries):
        lines.append(f"{outcome.name(i)} {s.of['accuracy']} {s.difference}")
    return "\n".join(lines)
