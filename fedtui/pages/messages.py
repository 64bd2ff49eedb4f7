"""Every message of the round, in order, and the ledger of the run by kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.wire import DIRECTIONS, Kind
from fedtui import words
from fedtui.mail import Batch
from fedtui.pages import words as say
from fedtui.pages.blocks import Block, Cell, Column, Heading, Said, Table
from fedtui.pages.rows import begun, few
from fedtui.view import View

_BATCH = (
    Column("from"),
    Column("", style="dim"),
    Column("to"),
    Column("bytes", right=True, style="bright"),
)
_LEDGER = (
    Column("kind"),
    Column("way", style="dim"),
    Column("messages", right=True),
    Column("bytes", right=True, style="bright"),
)
_SUMS = (
    Column("all together"),
    Column("", style="dim"),
    Column("bytes", right=True, style="bright"),
)
_DOWN = (  # from the server
    Kind.MODEL,
    Kind.PUBLIC_KEYS,
    Kind.FORWARDED_SHARES,
    Kind.SURVIVORS,
    Kind.SCALING,
    Kind.ALL_CATEGORIES,
    Kind.CLASS_WEIGHTS,
)
_STYLES = {"downlink": "down", "uplink": "up", "overhead": "protected", "setup": "dim"}


def content(view: View, chosen: int = 0) -> list[Block]:
    """The page; of many messages of a kind the first few stand on it, and the chosen hospital's."""
    if not view.ready:
        return [Heading(say.round_messages(view)), Said(say.NOT_READY)]
    blocks: list[Block] = [
        Heading(say.round_messages(view)),
        Said(say.attack_key(words.name(view, chosen)), "key"),
    ]
    batches = view.mail.batches if begun(view) else ()
    if not batches:
        blocks.append(Said(say.NO_MESSAGES, "dim"))
    for batch in batches:
        blocks += _batch(view, batch, chosen)
    silent = view.hospitals.silent if begun(view) else view.hospitals.cohort[:0]
    if len(silent):
        names = [words.name(view, int(i)) for i in silent[:8]]
        rest = len(silent) - len(names)
        names += [f"{rest:,} more"] if rest else []
        blocks.append(Said(say.silent(words.listed(names)), "lost"))
    return [*blocks, *_ledger(view)]


def direction(kind: Kind) -> str:
    """uplink, downlink, overhead or setup."""
    return next(name for name, kinds in DIRECTIONS.items() if kind in kinds)


def _batch(view: View, batch: Batch, chosen: int) -> Iterator[Block]:
    kind, hospitals = batch.kind, batch.hospitals
    style = _STYLES[direction(kind)]
    yield Heading(say.batch(kind, len(hospitals), int(batch.sizes.sum())))
    yield Said(say.contents(kind, view))
    yield Said(say.read_by(kind, view), "dim")
    shown = few(hospitals, chosen)
    sizes = batch.sizes[np.searchsorted(hospitals, shown)]
    rows: list[tuple[Cell, ...]] = []
    for who, size in zip(shown.tolist(), sizes.tolist(), strict=True):
        hospital = (words.name(view, who), "chosen" if who == chosen else "text")
        ends = (say.SERVER, hospital) if kind in _DOWN else (hospital, say.SERVER)
        rows.append((ends[0], ("→", style), ends[1], f"{size:,}"))
    if rest := len(hospitals) - len(shown):
        left = int(batch.sizes.sum()) - int(sizes.sum())
        rows.append((say.more(rest), "", "", f"{left:,}"))
    yield Table(_BATCH, tuple(rows))


def _ledger(view: View) -> Iterator[Block]:
    """Each kind, and the sums that the lab shows."""
    yield Heading(say.LEDGER)
    rows: list[tuple[Cell, ...]] = []
    for kind, (count, size) in view.mail.ledger.items():
        way = direction(kind)
        told = (say.DIRECTION[way][0], _STYLES[way])
        rows.append((kind.label, told, f"{count:,}", f"{size:,}"))
    yield Table(_LEDGER, tuple(rows))
    sums = {
        "downlink": view.downlink,
        "uplink": view.uplink,
        "overhead": view.overhead,
        "setup": view.setup,
    }
    totals: list[tuple[Cell, ...]] = []
    for way, size in sums.items():
        word, term = say.DIRECTION[way]
        totals.append(((word, _STYLES[way]), term, f"{size:,}"))
    yield Said("")
    yield Table(_SUMS, (*totals, (("sum", "bright"), "", f"{sum(sums.values()):,}")))
    yield Said(say.TLS, "dim")
