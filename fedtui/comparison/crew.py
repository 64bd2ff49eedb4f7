"""The crew: portions of the grid shared out through joblib, to the cores here or to a cluster's.

joblib's own backend starts a process for each core. Where somebody registered another one, Dask's or
Ray's, and chose it by `joblib.parallel_config`, the same portions go there; the workers there must see
the same files. In a process of ours BLAS has one thread, as the cores are all taken.

Left out: telling a worker which portion suits it best. joblib shares out in the order of the list; a
portion holds runs of one basis, so each is prepared about once whoever takes it.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from engine.errors import RunError
from engine.state import State
from fedtui.comparison import tables, words
from fedtui.comparison.work import Done, Portion, Task, prepared, wake, work

_EACH = 4  # portions for each worker, where there are runs enough, so that none waits at the end
_HANDED = 100_000_000  # bytes while it is prepared; what is prepared here goes to every worker


def cores() -> int:
    """How many this process may use."""
    import joblib

    return max(1, int(joblib.cpu_count()))


def portions(tasks: Iterable[tuple[str, Task]], jobs: int) -> list[Portion]:
    """(basis, task) by basis, none so long that others would wait for it."""
    by_basis: dict[str, list[Task]] = {}
    for basis, task in tasks:
        by_basis.setdefault(basis, []).append(task)
    count = sum(map(len, by_basis.values()))
    longest = max(1, count // (_EACH * jobs))
    return [
        Portion(basis, tuple(run[at : at + longest]), os.getpid())
        for basis, run in by_basis.items()
        for at in range(0, len(run), longest)
    ]


def done(wanted: Sequence[Portion], jobs: int | None) -> Generator[Done, None, None]:
    """What comes of the portions, each as soon as it is there, in any order.

    Args:
        jobs: Workers; None leaves that to `joblib.parallel_config`, or to all cores.
    """
    waiting = deque(_with_start(wanted, jobs))

    def next_ones() -> Iterator[Any]:
        while waiting:
            yield joblib.delayed(work)(waiting.popleft())

    import joblib

    while waiting:  # what was handed back near the end is shared out once more
        with _under_way(next_ones(), len(waiting), jobs) as parts:
            for part in parts:
                if part.left:
                    waiting.appendleft(part.left)
                yield part


def _with_start(wanted: Sequence[Portion], jobs: int | None) -> Sequence[Portion]:
    """The portions; where all are of one basis, it is prepared here, while the workers start.

    So it is prepared once. Not for workers elsewhere, and not of many patients: those take longer to
    hand over than to read.
    """
    with _our_own(len(wanted), jobs) as (count, ours):
        alone = not ours or count == 1
    one = len({portion.basis for portion in wanted}) == 1
    if alone or not one or tables.needed(wanted[0].tasks[0].scenario) > _HANDED:
        return wanted
    import joblib

    calls = (joblib.delayed(wake)(os.getpid()) for _ in wanted[:count])
    with _under_way(calls, len(wanted), jobs) as awake:
        start, _ = prepared(wanted[0])
        deque(awake, maxlen=0)
    if not isinstance(start, State):
        return wanted  # the workers will say the same
    return [replace(portion, start=start) for portion in wanted]


@contextmanager
def _under_way(calls: Iterator[Any], number: int, jobs: int | None) -> Iterator[Iterator[Any]]:
    """The first of so many calls begun; what comes of all of them, as soon as it is there."""
    import joblib

    with _our_own(number, jobs) as (count, ours):
        parallel = joblib.Parallel(count, return_as="generator_unordered", batch_size=1)
        with _deaf() if ours else nullcontext():
            results = parallel(calls)
        try:
            yield results
        except BrokenExecutor:
            raise RunError(words.LOST_WORKER) from None
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of having ended early, which is meant
                results.close()


@contextmanager
def _our_own(number: int, jobs: int | None) -> Iterator[tuple[int | None, bool]]:
    """joblib's own backend with one BLAS thread in each worker, unless another was chosen.

    Gives how many workers `number` portions keep busy, None where the other backend knows better, and
    whether they are processes of ours.
    """
    from joblib.parallel import get_active_backend, parallel_config

    backend, chosen = get_active_backend()
    if type(backend).__name__ != "LokyBackend":
        yield jobs, False
        return
    wanted = jobs if jobs is not None else chosen if chosen is not None else -1
    count = min(number, backend.effective_n_jobs(wanted))
    if backend.inner_max_num_threads is not None:
        yield count, True
        return
    with parallel_config("loky", inner_max_num_threads=1):
        yield count, True


@contextmanager
def _deaf() -> Iterator[None]:
    """Workers started meanwhile do not hear Ctrl-C: whoever started them ends them, without a word.

    That a signal is ignored is inherited by a new process. A mask would be too, but the start of
    processes lifts it halfway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # elsewhere no signal may be set, and none is heard
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
