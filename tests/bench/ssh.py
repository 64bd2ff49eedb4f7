"""A workshop in small: ten learners through a real sshd on loopback, all playing at once."""

from __future__ import annotations

import re
import statistics
from contextlib import ExitStack
from pathlib import Path

from tests.bench import keys
from tests.bench.figure import Figure, skipped
from tests.bench.lab import PAINTED, SYNC_SUPPORTED
from tests.bench.process import cpu_seconds, memory_mb
from tests.sshd import Sshd, why_not
from tests.terminal import Pty

LEARNERS = 10
WATCH = 8.0  # seconds


def measure() -> list[Figure]:
    """Memory and CPU for each learner, and how soon a key works for one of them."""
    if reason := why_not():
        return [skipped("ten learners", reason)]
    with ExitStack() as stack:
        server = stack.enter_context(Sshd("--scenario", "cells"))
        learners = [stack.enter_context(server.session()) for _ in range(LEARNERS)]
        for learner in learners:
            learner.wait_for(PAINTED, 60)
            learner.send(SYNC_SUPPORTED + " ")
        for learner in learners:
            learner.wait_for(r"\[ TEST \]|COMBINE", 60)
        found = _while_playing(server, learners)
        for learner in learners:
            learner.send("q")
            learner.wait()
    return found


def _while_playing(server: Sshd, learners: list[Pty]) -> list[Figure]:
    pids = server.pids
    before = [cpu_seconds(pid) for pid in pids]
    sent = [len(learner.output) for learner in learners]
    learners[0].read(WATCH / 2)
    for learner in learners[1:]:
        learner.read(WATCH / 2 / (LEARNERS - 1))
    used = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    told = [len(at.output) - was for at, was in zip(learners, sent, strict=True)]
    waits = [ms for _ in range(4) for ms in keys.pressed(learners[0])]
    return [
        Figure("a learner, resident", statistics.median(map(memory_mb, pids)), "MB", 100),
        Figure("a learner, own memory", statistics.median(map(_own_mb, pids)), "MB"),
        Figure("a learner, CPU while playing", 100 * statistics.median(used) / WATCH, "%", 5),
        Figure("a learner, to the terminal", statistics.median(told) / WATCH, "bytes/s"),
        *keys.figures("ten learners", waits),
    ]


def _own_mb(pid: int) -> float:
    """Memory of a process, what it shares counted in parts, in MB (10⁶ bytes)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
