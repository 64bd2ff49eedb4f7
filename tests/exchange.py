"""Secure aggregation played by hand: parties, a server, and who falls away where."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np

from engine.channels import letters, shamir
from engine.channels.collusion import Transcript
from engine.channels.letters import OF_KEY
from engine.channels.party import Party
from engine.channels.server import Server
from engine.codecs.base import Ring
from engine.wire import Kind, unpack, unpack_bits


class Played:
    """One round over `rows` (k, length) mod 2^bits, step by step; all that travelled is kept."""

    def __init__(self, rows: Ring, bits: int, needed: int) -> None:
        self.rows, self.bits, self.needed = rows, bits, needed
        self.parties = [Party(i, 1, needed) for i in range(len(rows))]
        self.server = Server(1, needed)
        self.masked: dict[int, bytes] = {}
        self.late: dict[int, bytes] = {}
        self.answers: list[bytes] = []

    def share(self, points: Sequence[str] = ()) -> tuple[bytes, ...]:
        """Rounds 0 and 1; the lists of keys."""
        self.keys = self.server.forward_keys([p.advertise() for p in self.parties])
        points = points or ["stay"] * len(self.parties)
        sharing = [i for i, point in enumerate(points) if point != "sharing"]
        self.shares = [self.parties[i].share(self.keys[i]) for i in sharing]
        forwarded = self.server.forward_shares(self.shares)
        self.forwarded = dict(zip(sharing, forwarded, strict=True))
        return self.keys

    def upload(self, points: Sequence[str]) -> dict[int, bytes]:
        """Round 2; the lists of survivors, where enough are left."""
        for i, shares in self.forwarded.items():
            message = self.parties[i].mask(shares, self.rows[i], self.bits)
            (self.late if points[i] == "before" else self.masked)[i] = message
        length = self.rows.shape[1]
        lists = self.server.add(list(self.masked.values()), self.bits, length)
        return dict(zip(self.masked, lists, strict=True))

    def survivors(self, to: int, hospitals: Sequence[int]) -> bytes:
        """A list as a server might send it."""
        return letters.message(Kind.SURVIVORS, letters.ids(hospitals), 1, to)

    def open(self, lists: dict[int, bytes], points: Sequence[str]) -> None:
        """Round 4."""
        self.answers = [
            self.parties[i].unmask(message) for i, message in lists.items() if points[i] != "after"
        ]
        self.server.collect(self.answers)
        for hospital in self.server.sharing:
            self.server.free_of(hospital)

    def with_late(self, hospital: int) -> Played:
        """The same round, once a row that was given up has come after all."""
        self.masked[hospital] = self.late[hospital]
        return self

    @property
    def total(self) -> Ring:
        return self.server.total

    @property
    def uploads(self) -> Ring:
        """What was sent, as ring integers (u, length)."""
        _, bodies = unpack(Kind.MASKED_UPDATE, list(self.masked.values()))
        return unpack_bits(bodies, self.bits, self.rows.shape[1])

    @property
    def transcript(self) -> Transcript:
        """All that the server saw."""
        messages = tuple(self.masked.values()), tuple(self.answers)
        length = self.rows.shape[1]
        return Transcript(1, self.needed, self.bits, length, self.keys[0], self.shares, *messages)

    def revealed(self) -> list[dict[int, str]]:
        """By giver: hospital → the kind of share that was given of it."""
        bodies = [letters.opened(Kind.UNMASKING, answer, 1)[1] for answer in self.answers]
        lists = [letters.read(Kind.UNMASKING, body, 1 + shamir.SHARE_SIZE) for body in bodies]
        kinds = {True: "key", False: "seed"}
        return [{h: kinds[entry[0] == OF_KEY] for h, entry in one.items()} for one in lists]


def play(rows: Ring, bits: int, needed: int = 2, points: Sequence[str] = ()) -> Played:
    """A whole round; `points` says of each hospital where it falls away, or "stay"."""
    points = points or ["stay"] * len(rows)
    played = Played(rows, bits, needed)
    played.share(points)
    played.open(played.upload(points), points)
    return played


def random_rows(k: int, length: int, bits: int) -> Ring:
    """Any rows of the ring, (k, length)."""
    drawn = np.frombuffer(secrets.token_bytes(8 * k * length), np.uint64).reshape(k, length)
    return drawn & np.uint64(2**bits - 1)


def uniform(words: Ring, bits: int) -> bool:
    """χ² at p = 1e-4 over 16 equal parts of the ring, and over the 16 values of its low bits."""
    expected = len(words) / 16
    for part in (words >> np.uint64(bits - 4), words & np.uint64(15)):
        counts = np.bincount(part.astype(int), minlength=16)
        if np.sum((counts - expected) ** 2 / expected) > 44.3:  # 15 degrees of freedom
            return False
    return True
