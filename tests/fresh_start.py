"""`python -m tests.fresh_start`: the README's start command, in a fresh clone.

Not a test of pytest's, since it fetches what it installs; `.ci/run` calls it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.terminal import Pty

ROOT = Path(__file__).parents[1]
COMMAND = re.compile(r"^ *(python3 -m venv .*\.venv/bin/fedtui) *$", re.MULTILINE)
INSTALL_SECONDS = 300


def main() -> None:
    """Clone, run the one line in a terminal, see the lab, quit."""
    found = COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    if len(found) != 1:
        sys.exit("README.md must have exactly one line 'python3 -m venv … .venv/bin/fedtui'")
    print(found[0])
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "fedtui"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        apart = {f"XDG_{kind}_HOME": folder for kind in ("DATA", "STATE")}  # pip keeps its own
        with Pty(["/bin/sh", "-c", found[0]], env=apart, cwd=clone) as terminal:
            seconds = terminal.wait_for("SERVER", INSTALL_SECONDS)
            terminal.send("q")
            code = terminal.wait()
            left_on = terminal.modes_left_on()
    print(f"the lab stood after {seconds:.0f} s; q: exit code {code}, modes left on: {left_on}")
    sys.exit(code or bool(left_on))


if __name__ == "__main__":
    main()
