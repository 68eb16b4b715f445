"""Lets a worker serve its window while a long step of training goes on."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

LONG = 0.03  # seconds; a shorter piece of work is waited for


class Beside:
    """Does pieces of work one after the other: long ones in a thread of its own, while another function does
    something else; short ones, as the last one was, at once. What one raises is raised here."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="playground-step")
        self._is_long = True

    def do(self, work: Callable[[], T], meanwhile: Callable[[Callable[[float], bool]], None]) -> T:
        """The work's result. `meanwhile` gets a function that waits up to so many seconds and says whether the work is
        over, and returns soon after."""
        began = time.perf_counter()
        try:
            if not self._is_long:
                return work()
            future: Future[T] = self._thread.submit(work)
            meanwhile(lambda seconds: bool(wait([future], seconds).done))
            return future.result()
        finally:
            self._is_long = time.perf_counter() - began > LONG

    def end(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()
