"""A piece of work in a thread of its own, beside the window and beside the training."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

ASIDE = "playground-aside"


class Aside(Generic[T]):
    """Begins at once; whoever started it looks now and then whether it is done, and waits for it before the end."""

    def __init__(self, work: Callable[[], T], name: str = ASIDE) -> None:
        """`work` answers for its own errors: whatever it raises is lost with its thread."""
        self._results: list[T] = []
        self._thread = threading.Thread(target=lambda: self._results.append(work()), name=name)
        self._thread.start()

    def has_ended(self, timeout: float = 0.0) -> bool:
        """Whether the work is over; waits up to `timeout` seconds for that."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def result(self) -> T | None:
        """What the work gave; None before it is over."""
        return self._results[0] if self._results else None
