"""Where a worker runs: commands in, messages out, and nothing above may assume that it is this process.

`ThreadBackend` runs it in a thread. It imports torch in that thread too, so that a window can be painted before.
"""

import queue
import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from playground.core.messages import Close, Command, Failed, Message
from playground.core.turns import Seat

if TYPE_CHECKING:
    from playground.core.job import Job


class Backend(Protocol):
    """Where a worker runs."""

    def send(self, command: Command) -> None:
        """Hands over a command; never blocks."""

    def receive(self) -> list[Message]:
        """What was said since the last call, in order; never blocks."""

    def ask_to_close(self) -> None:
        """Tells the worker to save and end, without waiting."""

    def has_ended(self, timeout: float = 0.0) -> bool:
        """Whether the worker is gone; waits up to `timeout` seconds for it."""


class ThreadBackend:
    """Runs a worker in a thread of this process."""

    def __init__(self, open_job: "Callable[[], Job]", seat: Seat | None = None) -> None:
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._messages: deque[Message] = deque()
        # The thread forgets its arguments when it ends; kept here, `open_job` would keep the backend before this one.
        self._thread = threading.Thread(target=self._run, args=(open_job, seat), name="playground-worker")
        self._thread.start()

    def _run(self, open_job: "Callable[[], Job]", seat: Seat | None) -> None:
        try:
            from playground.core.worker import Worker  # brings torch: seconds, and not on the window's thread
        except Exception as error:  # noqa: BLE001  (a torch that does not import must be said in words)
            reason = f"{type(error).__name__}: {error}"
            sentence = f"torch cannot be loaded: {reason}. Run 'playground doctor'; it says how to mend that."
            self._messages.append(Failed(sentence, traceback.format_exc()))
            return
        Worker(open_job, self._commands, self._messages.append, seat).run()

    def send(self, command: Command) -> None:
        self._commands.put(command)

    def receive(self) -> list[Message]:
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def ask_to_close(self) -> None:
        self._commands.put(Close())

    def has_ended(self, timeout: float = 0.0) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()
