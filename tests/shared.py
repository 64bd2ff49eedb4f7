"""The folder with tables that tests may use and that is no part of the project.

It is where the variable FEDTUI_SHARED says, else beside the checkout under the name `shared`. A
test that needs a file from it is skipped where the file is not there.
"""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared"


def find(*parts: str) -> Path | None:
    """The path of a shared file, or None."""
    path = Path(os.environ.get("FEDTUI_SHARED") or BESIDE, *parts)
    return path if path.exists() else None


def shared(*parts: str) -> Path:
    """The path of a shared file, or a skip with the reason."""
    path = find(*parts)
    if path is None:
        pytest.skip(f"needs {'/'.join(parts)} in the folder that FEDTUI_SHARED names")
    return path
