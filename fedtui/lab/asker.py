"""A thread that waits for the engine, so that the screen need not.

It is a daemon on purpose: whoever quits is not kept until the engine has finished its sentence.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Task = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Asker:
    """Runs one function after the other in a thread of its own."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[_Task] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def ask(self, function: Callable[[], T]) -> T:
        """What `function` returns or raises, once the thread has got to it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)
            self._thread.start()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tasks.put((function, answer))
        return await answer

    def _serve(self) -> None:
        while True:
            function, answer = self._tasks.get()
            try:
                report = _result(answer, function())
            except BaseException as error:  # handed over to whoever asked
                report = _failure(answer, error)
            try:
                answer.get_loop().call_soon_threadsafe(report)
            except RuntimeError:  # the loop has closed: nobody waits any more
                return


def _result(answer: asyncio.Future[Any], value: Any) -> Callable[[], None]:
    return lambda: None if answer.done() else answer.set_result(value)


def _failure(answer: asyncio.Future[Any], error: BaseException) -> Callable[[], None]:
    return lambda: None if answer.done() else answer.set_exception(error)
