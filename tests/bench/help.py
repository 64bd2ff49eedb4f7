"""What a question costs: `fedtui --help` and `fedtui --version`, in CPU seconds."""

from __future__ import annotations

import sys

from tests.bench.figure import Figure
from tests.bench.process import cpu_to_end
from tests.command import FEDTUI


def measure() -> list[Figure]:
    """CPU of the two commands, beside that of Python doing nothing."""
    return [
        Figure("fedtui --help, CPU", cpu_to_end([FEDTUI, "--help"]), "s", 0.25),
        Figure("fedtui --version, CPU", cpu_to_end([FEDTUI, "--version"]), "s", 0.25),
        Figure("python -c pass, CPU", cpu_to_end([sys.executable, "-c", "pass"]), "s"),
    ]
