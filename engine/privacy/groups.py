"""Hospitals that are planned for alike, since each distinct plan costs the accountant a search.

Where hospitals differ in size there may be as many plans as hospitals. ε grows with the sampling rate
q, with the releases in a round and with the rounds, so a plan for the largest of each in a group is a
plan for all of it. Under much noise ε hangs on q √(releases · rounds) (the central limit of Dong, Roth
& Su 2022, section 5), so groups are made such that nobody's is raised by more than a factor, the
smallest that leaves few enough groups. What is spent is then told too high, never too low, and the
plan says by how much (`engine.privacy.plan.Plan.above`).
"""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats, Ints

MOST = 48  # plans
_CELLS = 8  # of like numbers of rounds, at most
_HALVINGS = 12  # of the search for the factor
_WEIGHTS = np.array([1.0, 0.5, 0.5])  # of log q, log releases and log rounds in log ε

Group = tuple[int, float, int, int]  # past, sampling rate, releases in a round, rounds


def rounded_up(q: Floats, steps: Ints, rounds: Ints) -> tuple[Floats, Ints, Ints]:
    """Rates, releases a round and rounds of each hospital, (K,) each, with few distinct triples."""
    triples = np.column_stack([q, steps, rounds])
    table, own = np.unique(triples, axis=0, return_inverse=True)
    if len(table) > MOST:
        table = _few(table)
    few = table[np.asarray(own).reshape(-1)]
    return few[:, 0], few[:, 1].astype(np.int64), few[:, 2].astype(np.int64)


def alike(past: Ints, q: Floats, steps: Ints, rounds: Ints) -> tuple[list[Group], Ints]:
    """The distinct groups, and each hospital's, (K,)."""
    table = np.column_stack([past, q, steps, rounds])
    distinct, group = np.unique(table, axis=0, return_inverse=True)
    groups = [(int(p), float(rate), int(s), int(r)) for p, rate, s, r in distinct]
    return groups, np.asarray(group).reshape(-1)


def _few(table: Floats) -> Floats:
    """Triples (m, 3), each raised to its group's largest, in the narrowest groups that are few enough.

    Groups are runs along an order: those of about as many rounds together, and in each from the largest
    rate down, along which releases mostly rise. What "about" is, the narrowest groups decide.
    """
    logs = np.log(np.maximum(table, 1e-300)) * _WEIGHTS
    found = []
    for cells in range(1, _CELLS + 1):
        of = logs[:, 2] - logs[:, 2].min()
        cell = np.minimum((of / max(of.max(), 1e-9) * cells).astype(np.int64), cells - 1)
        order = np.lexsort((table[:, 1], -table[:, 0], cell))
        found.append((*_narrowest(logs[order]), order))
    _, starts, order = min(found, key=lambda each: each[0])
    lengths = np.diff([*starts, len(table)])
    raised = np.empty_like(table)
    raised[order] = np.repeat(np.maximum.reduceat(table[order], starts, axis=0), lengths, axis=0)
    return raised


def _narrowest(logs: Floats) -> tuple[float, list[int]]:
    """The least width that leaves few enough groups of these (m, 3), and where they begin."""
    narrow, wide = 0.0, float(np.ptp(logs, axis=0).sum())
    for _ in range(_HALVINGS):
        width = (narrow + wide) / 2
        fits = len(_starts(logs, width)) <= MOST
        narrow, wide = (narrow, width) if fits else (width, wide)
    return wide, _starts(logs, wide)


def _starts(logs: Floats, width: float) -> list[int]:
    """Where groups begin if none raises q √(releases · rounds) of anybody by more than e^width."""
    starts, least = [], -math.inf  # of a group, the least that anybody has of all three together
    q, steps, rounds = logs[0].tolist()  # the largest in it
    for i, (q_i, steps_i, rounds_i) in enumerate(logs.tolist()):
        own = q_i + steps_i + rounds_i
        q, steps, rounds = max(q, q_i), max(steps, steps_i), max(rounds, rounds_i)
        least = min(least, own)
        if q + steps + rounds - least > width:
            starts.append(i)
            q, steps, rounds, least = q_i, steps_i, rounds_i, own
    return starts
