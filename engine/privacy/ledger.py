"""The ledger: what was released, kept apart from how it is accounted.

A release is a fact about the past; which ε it costs is the accountant's answer for a δ. Releases with
different noise compose, so a run whose settings change in the middle needs no rule of its own.

One round's noise may protect a patient well and a whole hospital not at all, so an entry says what it
is worth to either. ε is the promise made to those who receive the models; whether the server is among
those it protects against depends on who added the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Floats, Ints


@dataclass(frozen=True)
class Release:
    """Releases alike: `count` of them, each with a unit's data in it with probability `sampling_rate` q.

    `noise_multiplier` z is the noise's standard deviation per sensitivity; 0 where there was no noise.
    """

    noise_multiplier: float
    count: int = 1
    sampling_rate: float = 1.0


Releases = tuple[Release, ...]  # of one unit: one patient, or one hospital


@dataclass(frozen=True, eq=False)
class Entry:
    """Rounds released under one plan, or under none.

    Attributes:
        since: The round after which that plan holds; −1 for none.
        patient: z as it protects one patient of each hospital, (K,); 0: not at all.
        hospital: z as it protects a hospital whose message is in the sum or not, (K,).
        sampling_rate: q, with which a patient is in a release, (K,).
        counts: Releases of each hospital, (K,).
    """

    since: int
    patient: Floats
    hospital: Floats
    sampling_rate: Floats
    counts: Ints

    def of(self, neighbours: str) -> Floats:
        """z as it hides a "patient", a "hospital", or which "update" of two a hospital sent, (K,).

        A patient changes an update into another, so noise that hides any two updates hides a patient;
        DP-SGD hides patients and not updates.
        """
        return {
            "patient": self.patient,
            "hospital": self.hospital,
            "update": np.minimum(self.patient, self.hospital),
        }[neighbours]

    @property
    def noised(self) -> bool:
        """Whether there was noise in it at all."""
        return self.since >= 0


Ledger = tuple[Entry, ...]


def bare(counts: Ints) -> Entry:
    """A round without noise, of hospitals with `counts` (K,) releases."""
    nothing = np.zeros(len(counts))
    return Entry(-1, nothing, nothing, np.ones(len(counts)), counts)


def and_then(ledger: Ledger, entry: Entry) -> Ledger:
    """The ledger with one more round; rounds in a row under one plan share an entry."""
    if ledger and ledger[-1].since == entry.since:
        last = ledger[-1]
        return (*ledger[:-1], replace(last, counts=last.counts + entry.counts))
    return (*ledger, entry)


def noised(ledger: Ledger) -> bool:
    """Whether anything was released with noise."""
    return any(entry.noised for entry in ledger)


def pasts(ledger: Ledger, neighbours: str, hospitals: int) -> tuple[list[Releases], Ints]:
    """What was released of each hospital: the distinct pasts, and whose is which, (K,).

    Args:
        neighbours: As in `Entry.of`.
    """
    if not ledger:
        return [()], np.zeros(hospitals, np.int64)
    columns = [(e.of(neighbours), e.counts, e.sampling_rate) for e in ledger]
    table = np.column_stack([part for column in columns for part in column])
    distinct, group = np.unique(table, axis=0, return_inverse=True)
    found = [
        tuple(
            Release(float(z), int(count), float(q)) for z, count, q in row.reshape(-1, 3) if count
        )
        for row in distinct
    ]
    return found, np.asarray(group).reshape(-1)
