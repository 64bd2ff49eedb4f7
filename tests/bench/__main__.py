"""`python -m tests.bench [NAMES…] [--json]`: measure, print the table, or one JSON object."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import platform
import sys
from typing import Any

from tests.bench.figure import Figure, table

GROUPS = ("help", "start", "idle", "frames", "keys", "memory", "ssh", "engine", "accountant")
ON_ASKING = (
    "monkey",
    "epsilon",
    "utility",
    "codecs",
    "table",
    "hospitals",
    "growth",
    "compare",
)  # minutes long


def measured(group: str) -> list[Figure]:
    """The figures of one group, measured now; a heading on stderr while it takes its time."""
    print(f"measuring {group} …", file=sys.stderr, flush=True)
    figures: list[Figure] = importlib.import_module(f"tests.bench.{group}").measure()
    return figures


def main() -> None:
    """Measure the groups that were named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join((*GROUPS, *ON_ASKING))}"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object in place of tables")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - {*GROUPS, *ON_ASKING}):
        parser.error(f"there is no {unknown[0]!r}; choose from {', '.join((*GROUPS, *ON_ASKING))}")
    results = {group: measured(group) for group in given.names or GROUPS}
    if given.json:
        print(json.dumps(as_json(results), indent=2))
        return
    for group, figures in results.items():
        shown = getattr(importlib.import_module(f"tests.bench.{group}"), "table", table)
        print(f"\n{group}\n{shown(figures)}")


def as_json(results: dict[str, list[Figure]]) -> dict[str, Any]:
    """The same figures for a program, with the machine they were taken on."""
    return {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "figures": {
            group: [dataclasses.asdict(f) | {"verdict": f.verdict} for f in figures]
            for group, figures in results.items()
        },
    }


if __name__ == "__main__":
    main()
