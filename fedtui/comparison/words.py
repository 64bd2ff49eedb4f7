"""What `fedtui compare` says around its table."""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.words import WITHIN, listed, many


def headline(title: str, rows: int, seeds: int) -> str:
    """What is compared: "Breast cells: 8 rows × 5 seeds"; patients of several sources have no title."""
    runs = many(rows, "row") if seeds == 1 else f"{many(rows, 'row')} × {many(seeds, 'seed')}"
    return f"{title}: {runs}" if title else runs


def done_before(done: int, of: int) -> str:
    """What need not be run again."""
    what = f"all {of:,} runs" if done == of else f"{done:,} of {of:,} runs"
    return f"{what} were done before; --afresh does them again."


def interrupted(kept: int, of: int) -> str:
    """After Ctrl-C."""
    return f"interrupted; {kept:,} of {many(of, 'run')} are kept, and the same command goes on."


def fewer_workers(fit: int, jobs: int) -> str:
    """Where memory sets the limit."""
    return f"{fit} at a time and not {jobs}, as the patients of more would not fit into memory."


LOST_WORKER = (
    "a worker was ended from outside, as systems do where memory runs out; run the same with --jobs 1:"
    " what is finished is kept."
)
SPREADS = (
    "±: standard deviation over {seeds} seeds. A difference is from the first row, seed by seed, on the"
    " same patients."
)
OTHER_DATA = (
    "±: standard deviation over {seeds} seeds. A difference is from the first row; as rows have other"
    " patients, it holds chance of its own."
)
ONE_SEED = (
    "One run each, so chance has its part in every difference: --seeds 5 shows how large it is."
)
COLUMNS = {
    "within": WITHIN,
    "ahead": "Ahead: in so many seeds there were more right answers than in the first row.",
    "weakest": "Weakest: the hospital with the fewest right answers.",
    "better alone": "Better alone: hospitals whose own model does better for their own patients.",
}


def row(number: int) -> str:
    """A row by its number in the table."""
    return f"row {number}"


def cut(heads: Sequence[str]) -> str:
    """Columns there was no room for."""
    return f"A wider terminal shows {listed(list(heads))} as well."


REACH = "In round: the first with so many right answers; of several seeds the middle one."
OWN_EPSILON = (
    "Each row counts its own ε. Rows share their noise: publish one of these models at most; choosing"
    " it by these numbers is in no ε."
)
POOLED, ALONE = "all data in one place", "each alone, own patients"
STOPPED = {
    "budget": "stopped before its last round: the next would have passed the privacy budget",
    "threshold": "every round was lost: too few hospitals stayed to its end",
}


WITHHELD = (
    "seeds: a row is on your own data, and with its seed noise could be taken off; the runs are numbered"
    " in place of them."
)


def some(count: int, of: int, sentence: str) -> str:
    """Of a row's runs."""
    return f"{count} of {of} runs: {sentence}"


def more_notes(count: int) -> str:
    """Where there are too many."""
    return f"{count} more; --json has them all."


def references(pooled: str, alone: str, everyone: str, majority: str) -> str:
    """What to hold the rows against."""
    return (
        f"Beside them: all data in one place {pooled}; each hospital alone {alone} on its own patients,"
        f" {everyone} on everyone's; always the commoner answer {majority}."
    )
