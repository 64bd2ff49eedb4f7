"""The installed `fedtui`, run as a person or a script runs it, with a home of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.terminal import environment

FEDTUI = str(Path(sys.executable).with_name("fedtui"))  # of the environment that runs the tests


def at_home(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which nothing of the person's own files is read or written."""
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in _KINDS}
    return environment({"HOME": str(home)} | places | dict(extra or {}))


def fedtui(
    *arguments: str, home: Path, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """`fedtui ARGUMENTS` without a terminal, to its end."""
    return subprocess.run(
        [FEDTUI, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=at_home(home, env),
        cwd=home,
    )


def sentence(text: str) -> str:
    """`text`, held to be one sentence without a traceback, as an error must be."""
    line = text.strip()
    assert line, "nothing was said"
    assert "Traceback" not in line
    assert "\n" not in line, f"more than a sentence:\n{line}"
    return line


_KINDS = ("CACHE", "CONFIG", "DATA", "STATE")
