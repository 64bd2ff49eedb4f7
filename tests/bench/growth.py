"""How time and memory grow with the number of hospitals, from 3 to 100,000 of 50 patients each.

Every size runs in a process of its own, so that its peak memory is its own. Beside each round stands
bare NumPy on the same patients with the same minibatches, in the same process: the hospital axis last,
all hospitals in one array. `python -m tests.bench.growth K` measures one size and prints JSON.

Three numbers are fitted by least squares, log t = a + e · log K: an e of 1 is time in proportion to the
hospitals. What a round costs whoever takes part bends the curve at its left end, so e is told from 300 up.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
from collections.abc import Sequence

import numpy as np

from tests.bench.engine import both_bare
from tests.bench.figure import Figure, ratio
from tests.bench.rounds import scenario, timed

SIZES = (3, 300, 10_000, 30_000, 100_000)
PATIENTS = 50  # 40 of them for training
PROPORTIONAL = 300  # hospitals, from which a round's fixed cost is small


def measure() -> list[Figure]:
    """A round, its ratio to bare NumPy, its longest event and peak memory at every size; the exponent."""
    figures, rounds = [], {}
    for hospitals in SIZES:
        print(f"  {hospitals:,} hospitals …", file=sys.stderr, flush=True)
        found = _in_a_child(hospitals)
        rounds[hospitals] = found[0]
        figures += found
    fitted = [hospitals for hospitals in SIZES if hospitals >= PROPORTIONAL]
    slope = exponent(fitted, [rounds[hospitals].value or 0.0 for hospitals in fitted])
    return [
        *figures,
        ratio("a round of 30,000 ÷ of 300", rounds[30_000], rounds[300], 150.0),
        Figure("growth exponent from 300 hospitals up", slope),
    ]


def exponent(hospitals: Sequence[int], times: Sequence[float]) -> float:
    """e of time = c · hospitals^e, by least squares on logarithms."""
    return float(np.polyfit(np.log(hospitals), np.log(times), 1)[0])


def _in_a_child(hospitals: int) -> list[Figure]:
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.growth", str(hospitals)],
        check=True,
        capture_output=True,
        text=True,
    )
    return [Figure(**figure) for figure in json.loads(told.stdout)]


def one_size(hospitals: int) -> list[Figure]:
    """What `measure` tells of one size, taken in this process; memory is that of the whole run.

    The peak is scikit-learn's while it makes the patients up. Its code is loaded before the first look
    at the memory: that is 80 MB of program, whatever the data.
    """
    importlib.import_module("sklearn.datasets")
    name, before = f"{hospitals:,} hospitals", _peak()
    rounds = timed(scenario(hospitals, PATIENTS, rounds=100 if hospitals == 3 else 12))
    peak = _peak() - before
    tables = rounds.federation.train, rounds.federation.test
    data = sum(table.x.nbytes + table.y.nbytes for table in tables)
    whole, training = rounds.milliseconds
    longest, event = rounds.longest
    a_round = Figure(f"{name}: a round", whole, "ms")
    _, bare = both_bare(name, rounds, repeats=5)
    large = data > 100e6  # below, it is the process that is measured and not the data
    return [
        a_round,
        Figure(f"{name}: its training", training, "ms"),
        bare,
        ratio(f"{name}: a round ÷ NumPy, axis last", a_round, bare),
        Figure(f"{name}: the longest event", 1e3 * longest, "ms", note=event),
        Figure(f"{name}: the data", data / 1e6, "MB"),
        Figure(f"{name}: peak memory ÷ the data", peak / data, "×", 3.0 if large else None),
    ]


def _peak() -> float:
    """Bytes that this process held at most so far."""
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib * (1.0 if sys.platform == "darwin" else 1024.0)


if __name__ == "__main__":
    print(json.dumps([vars(figure) for figure in one_size(int(sys.argv[1]))]))
