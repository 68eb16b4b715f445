"""Lets a worker serve its window while a long step of training goes on."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

LONG = 0.008  # seconds; a shorter step is waited for


class Beside:
    """Does pieces of work one after the other, in a thread of its own while another function does something else; but
    at once where a step of the last one was short. What one raises is raised here."""

    def __init__(self, tell_over: Callable[[], object]) -> None:
        """`tell_over` is called, in any thread, when a piece of work that went on beside something else is over."""
        self._tell_over = tell_over
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="playground-step")
        self._is_long = True

    def do(self, work: Callable[[], T], meanwhile: Callable[[], None], steps: Callable[[T], int]) -> T:
        """The work's result, in which `steps` counts the steps. `meanwhile` returns when it hears that it is over."""
        began = time.perf_counter()
        result = self._beside(work, meanwhile) if self._is_long else work()
        self._is_long = time.perf_counter() - began > LONG * max(steps(result), 1)
        return result

    def _beside(self, work: Callable[[], T], meanwhile: Callable[[], None]) -> T:
        future: Future[T] = self._thread.submit(work)
        future.add_done_callback(lambda _: self._tell_over())
        meanwhile()
        return future.result()

    def end(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()
