"""A workshop in small: ten learners through a real sshd on loopback, all playing at once."""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import keys
from tests.bench.figure import Figure, skipped
from tests.bench.frames import SCENARIO, load
from tests.bench.lab import PAINTED, SYNC_SUPPORTED
from tests.bench.process import cpu_seconds, memory_mb
from tests.sshd import Sshd, why_not
from tests.terminal import Pty

LEARNERS = 10
SETTLE, WATCH = 15.0, 8.0  # seconds: past the slow first round; measured


def measure() -> list[Figure]:
    """Memory and CPU for each learner, and how soon a key works for one of them."""
    if reason := why_not():
        return [skipped("learners over SSH", reason)]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        scenario = Path(folder) / "six.toml"
        scenario.write_text(SCENARIO, encoding="utf-8")  # longer than the measurement
        server = stack.enter_context(Sshd("--scenario", str(scenario)))
        learners = [stack.enter_context(server.session()) for _ in range(LEARNERS)]
        for learner in learners:
            learner.wait_for(PAINTED, 60)
            learner.send(SYNC_SUPPORTED)
        for learner in learners:
            learner.send(" ")
        _heard(learners, SETTLE)
        found = _while_playing(server, learners)
        for learner in learners:
            learner.send("q")
            learner.wait()
    return found


def _while_playing(server: Sshd, learners: list[Pty]) -> list[Figure]:
    pids = server.pids
    before, began = [cpu_seconds(pid) for pid in pids], time.monotonic()
    sent = [len(learner.output) for learner in learners]
    _heard(learners, WATCH)
    took = time.monotonic() - began
    used = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    told = [len(at.output) - was for at, was in zip(learners, sent, strict=True)]
    waits = [ms for _ in range(4) for ms in _pressed_by_one(learners)]
    if not all(told):
        raise RuntimeError("a learner stopped playing")
    return [
        Figure("a learner, resident", statistics.median(map(memory_mb, pids)), "MB", 100),
        Figure("a learner, own memory", statistics.median(map(_own_mb, pids)), "MB"),
        Figure(
            "a learner, CPU while playing",
            100 * statistics.median(used) / took,
            "%",
            5,
            note=load(),
        ),
        Figure("a learner, to the terminal", statistics.median(told) / took, "bytes/s"),
        *keys.figures(f"{len(learners)} learners", waits),
    ]


def _heard(learners: list[Pty], seconds: float) -> None:
    """Let that time pass, and take what comes from each: one that is not heard would wait."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for learner in learners:
            learner.read(0.002)


def _pressed_by_one(learners: list[Pty]) -> list[float]:
    waits = keys.pressed(learners[0])
    _heard(learners, 0.1)
    return waits


def _own_mb(pid: int) -> float:
    """Memory of a process, what it shares counted in parts, in MB (10⁶ bytes)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
