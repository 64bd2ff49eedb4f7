"""What would not fit in memory is refused before it is built."""

from __future__ import annotations

import os

from engine.errors import DataError

COPIES = 3  # the source, its parts, and what works on them
PART = 0.8  # of the machine's memory


def refuse_too_large(patients: int, columns: int, way_out: str) -> None:
    """Refuse a table of `patients` × (`columns` and a label) that this machine cannot hold.

    Raises:
        DataError: With the size, and `way_out`.
    """
    refuse_bytes(patients * (columns + 1) * 8 * COPIES, way_out)


def refuse_bytes(needed: int, way_out: str) -> None:
    """Refuse what needs more than most of the machine's memory."""
    there = physical()
    if there is not None and needed > PART * there:
        raise DataError(
            f"data: this needs about {needed / 1e9:,.1f} GB of memory and the machine has "
            f"{there / 1e9:,.1f}; {way_out}."
        )


def physical() -> int | None:
    """Bytes of the machine's memory; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system has them
        return None
