"""The floor: the same training in plain C, where its source and a compiler are at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.figure import Figure, skipped

SOURCE = Path(__file__).parents[3] / "shared" / "bench" / "limit.c"  # beside the checkout


def plain_c(hospitals: list[int]) -> dict[int, Figure]:
    """Milliseconds of a round's local training, the best of ten, by number of hospitals."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not SOURCE.exists():
        why = "no C compiler" if compiler is None else f"no {SOURCE.name} beside the checkout"
        return {k: skipped(_name(k), why) for k in hospitals}
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "limit")
        flags = ["-O3", "-march=native", "-ffast-math"]
        subprocess.run([compiler, *flags, str(SOURCE), "-o", program, "-lm"], check=True)
        return {k: Figure(_name(k), _milliseconds(program, k), "ms") for k in hospitals}


def _name(hospitals: int) -> str:
    return f"{hospitals} hospitals: plain C, float32"


def _milliseconds(program: str, hospitals: int) -> float:
    told = subprocess.run([program, str(hospitals)], check=True, capture_output=True, text=True)
    found = re.search(r"best ([\d.]+) ms", told.stdout)
    if found is None:
        raise RuntimeError(f"limit.c said {told.stdout!r}")
    return float(found[1])
