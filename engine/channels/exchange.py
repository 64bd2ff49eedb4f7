"""Secure aggregation, round by round: who is still there, what travels, and what is told of it.

Bonawitz et al. 2017, figure 4. What the two sides do with the messages is in `engine.channels.party`
and `engine.channels.server`; they exchange nothing but bytes.

    round 0   every hospital advertises two public keys; the server passes all on to all
    round 1   every hospital shares its two secrets, t of k, sealed; the server passes them on
    round 2   every hospital sends its masked row; the server adds them, and says whose came
    round 4   every hospital still there reveals one share of each; the server opens the sum

(Round 3 of the paper is for a server that lies.) A hospital may fall away

- *before it shares*: it is as though it had not been drawn;
- *before its upload*: with the others' shares the server takes its pair masks out of the sum;
- *after its upload*: its update counts; with the others' shares the server takes its own mask out.

Where fewer than t are left at any step, the round is lost, and the server can read nothing. Once some
have revealed their shares, though, helpers among the hospitals who hold the rest could open the sum
with it: such a round is not free of privacy (`half_open`).

Bytes: where k hospitals advertise keys, s share and u rows come, a hospital that stays sends and is
sent, beside its masked row of 12 + ⌈(d + 1)·r/8⌉ bytes in a ring of 2^r (layouts in
`engine.channels.letters`)

    76 + (28 + 68 k) + (12 + 86 (k − 1)) + (12 + 86 (s − 1)) + (12 + 4 u) + (12 + 38 s)

With three hospitals and 11 params that is 826 beside an update of 60, and it grows with k.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from engine.arrays import Ints
from engine.channels.party import Party
from engine.channels.server import Server
from engine.codecs.base import Ring
from engine.events import (
    Event,
    HospitalsDropped,
    KeysAdvertised,
    KeysForwarded,
    MasksRemoved,
    SharesForwarded,
    SharesRevealed,
    SharesSent,
    SurvivorsAnnounced,
    UpdatesMasked,
    UpdatesSent,
)
from engine.faults import Dropouts, fell_away
from engine.stages.base import Moment
from engine.wire import Kind, Traffic

_AGREEMENTS_PER_EVENT = 150  # of two hospitals on a secret: about 15 ms
_SHARES_PER_EVENT = 1_500  # opened or used: about 15 ms
_LEFT = {
    "sharing": ("shared", "nobody shared"),
    "before": ("came", "nobody's update came"),
    "after": ("answered", "nobody answered"),
}

Events = Generator[Event, None, None]


class Exchange:
    """One round of the protocol over `at.cohort`; `needed` is t, rows are mod 2^`bits`.

    `share`, `upload` and `open` follow one another, and then `server.total` is the sum of the rows of
    `survivors`. Each raises `TooFew` once fewer than t are left.
    """

    def __init__(
        self, at: Moment, needed: int, bits: int, dropouts: Dropouts, traffic: Traffic
    ) -> None:
        self.at, self.needed, self.bits, self.dropouts = at, needed, bits, dropouts
        self.traffic = traffic
        self.parties = [Party(int(h), at.round, needed) for h in at.cohort]
        self.server = Server(at.round, needed)
        self.here = np.arange(len(at.cohort))  # places in the cohort of those still there
        self.point = ""  # where the last hospitals fell away
        self.survivors = at.cohort[:0]
        self.half_open = at.cohort[:0]

    def share(self) -> Events:
        """Rounds 0 and 1: keys up and down, shares up and down."""
        at, parties = self.at, self.parties
        advertised = self._sent(Kind.PUBLIC_KEY, [party.advertise() for party in parties])
        yield KeysAdvertised(at.round, at.cohort, len(advertised[0]))
        keys = self._sent(Kind.PUBLIC_KEYS, self.server.forward_keys(advertised))
        pairs = len(parties) * (len(parties) - 1) // 2
        yield KeysForwarded(at.round, at.cohort, len(keys[0]), pairs)

        sharing = self._stay("sharing")
        sent: list[bytes] = []
        for block in _blocks(self.here, _AGREEMENTS_PER_EVENT // len(parties)):
            sent += self._sent(Kind.SHARES, [parties[i].share(keys[i]) for i in block])
            done = sharing[: len(sent)]
            yield SharesSent(at.round, sharing, done, len(sent[0]), self.needed)
        self.forwarded = self._sent(Kind.FORWARDED_SHARES, self.server.forward_shares(sent))
        yield SharesForwarded(at.round, sharing, len(self.forwarded[0]))

    def upload(self, rows: Ring, saturated: Ints) -> Events:
        """Round 2: `rows` (k, length) masked and added; `saturated` (k,) is told with them."""
        at, masking = self.at, self.at.cohort[self.here]
        shares = dict(zip(self.here.tolist(), self.forwarded, strict=True))
        masked: dict[int, bytes] = {}
        for block in _blocks(self.here, _AGREEMENTS_PER_EVENT // len(masking)):
            for i in block:
                masked[i] = self.parties[i].mask(shares[i], rows[i], self.bits)
            done = masking[: len(masked)]
            yield UpdatesMasked(at.round, masking, done, self.bits, saturated[self.here])

        self.survivors = self._stay("before")
        sent = self._sent(Kind.MASKED_UPDATE, [masked[i] for i in self.here.tolist()])
        if sent:
            yield UpdatesSent(at.round, self.survivors, tuple(sent), masked=True)
        lists = self._sent(Kind.SURVIVORS, self.server.add(sent, self.bits, rows.shape[1]))
        gone = np.setdiff1d(masking, self.survivors)
        yield SurvivorsAnnounced(at.round, self.survivors, gone, len(lists[0]))
        self.lists = dict(zip(self.here.tolist(), lists, strict=True))

    def open(self) -> Events:
        """Round 4: shares revealed, masks taken out of the sum."""
        at, server = self.at, self.server
        answering = self._stay("after")
        revealed: list[bytes] = []
        for block in _blocks(self.here, _SHARES_PER_EVENT // len(server.sharing)):
            answers = [self.parties[i].unmask(self.lists[i]) for i in block]
            revealed += self._sent(Kind.UNMASKING, answers)
            self.half_open = self.survivors
            done = answering[: len(revealed)]
            yield SharesRevealed(at.round, answering, done, len(revealed[0]))
        server.collect(revealed)
        lost = np.setdiff1d(at.cohort, self.survivors)
        if len(lost):
            yield HospitalsDropped(at.round, lost, self._why_not_lost(lost))

        everyone = np.array(server.sharing)
        gone = np.setdiff1d(everyone, self.survivors)
        freed: list[int] = []
        for hospitals, each in ((self.survivors, self.needed), (gone, 10 * len(self.survivors))):
            for block in _blocks(hospitals, _SHARES_PER_EVENT // each):
                for hospital in block:
                    server.free_of(hospital)
                freed += block
                yield MasksRemoved(at.round, everyone, np.array(freed))

    def why_lost(self) -> str:
        """One sentence, once `TooFew` was raised."""
        some, nobody = _LEFT[self.point]
        gone = np.delete(self.at.cohort, self.here)
        left = f"{len(self.here):,} {some}, a sum needs {self.needed:,}"
        return f"{fell_away(gone, self.point)}; {left if len(self.here) else nobody}."

    def _why_not_lost(self, gone: Ints) -> str:
        it, its = ("it", "its") if len(gone) == 1 else ("them", "their")
        how = {
            "sharing": f"the others masked without {it}",
            "before": f"the others' shares open {its} masks",
        }
        return f"{fell_away(gone, self.point)}; {how[self.point]}."

    def _stay(self, point: str) -> Ints:
        """Let fall away who falls away here; those who stay."""
        falls = self.dropouts.lost(self.at, point)[self.here]
        if falls.any():
            self.point = point
        self.here = self.here[~falls]
        return self.at.cohort[self.here]

    def _sent(self, kind: Kind, messages: Sequence[bytes]) -> list[bytes]:
        self.traffic = self.traffic.sent(kind, messages)
        return list(messages)


def _blocks(values: Ints, size: int) -> Iterator[list[int]]:
    """`values` in runs of `size`, at least 1: what is done between two events."""
    for start in range(0, len(values), max(1, size)):
        yield values[start : start + max(1, size)].tolist()
