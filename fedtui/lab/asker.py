"""A thread that waits for the engine, so that the screen need not.

It is a daemon on purpose: whoever quits is not kept until the engine has finished its sentence.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Task = tuple[Callable[[], Any], "asyncio.Future[Any] | Future[Any]"]


class Asker:
    """Runs one function after the other in a thread of its own."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[_Task] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def ask(self, function: Callable[[], T]) -> T:
        """What `function` returns or raises, once the thread has got to it."""
        self._start()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tasks.put((function, answer))
        return await answer

    def finish(self, function: Callable[[], object], seconds: float) -> bool:
        """Do `function` as the last thing, without a loop; whether it was done within `seconds`.

        What it raises is raised here.
        """
        self._start()
        last: Future[object] = Future()
        self._tasks.put((function, last))
        try:
            last.result(seconds)
        except TimeoutError:
            return False
        finally:
            self._thread = None
        return True

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            function, answer = self._tasks.get()
            if isinstance(answer, Future):
                _do(function, answer)
                return
            try:
                report = _result(answer, function())
            except BaseException as error:  # handed over to whoever asked
                report = _failure(answer, error)
            try:
                answer.get_loop().call_soon_threadsafe(report)
            except RuntimeError:  # that loop has closed: its answer is waited for no more
                continue


def _do(function: Callable[[], Any], last: Future[Any]) -> None:
    try:
        last.set_result(function())
    except BaseException as error:  # handed over to whoever waits
        last.set_exception(error)


def _result(answer: asyncio.Future[Any], value: Any) -> Callable[[], None]:
    return lambda: None if answer.done() else answer.set_result(value)


def _failure(answer: asyncio.Future[Any], error: BaseException) -> Callable[[], None]:
    return lambda: None if answer.done() else answer.set_exception(error)
