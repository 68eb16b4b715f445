"""What stands between a window and a worker: commands in, messages out, and nothing above may assume that the worker
is in this process. See `core.engine` for where workers run.
"""

import importlib
import logging
import queue
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from playground.core.messages import Answer, Close, Command, Failed, Message
from playground.core.turns import Seat

if TYPE_CHECKING:
    from playground.core.job import Job

Opening = Callable[[], "Job"]  # opens or begins a run; brings torch
Wake = Callable[[], None]  # called, on any thread, when an answer has come: somebody may be dragging a slider
SAVING = 10.0  # seconds that a run gets to be saved before another is opened


class Backend(Protocol):
    """A worker, wherever it runs."""

    def send(self, command: Command) -> None:
        """Hands over a command; never blocks."""

    def receive(self) -> list[Message]:
        """What was said since the last call, in order; never blocks."""

    def ask_to_close(self) -> None:
        """Tells the worker to save and end, without waiting."""

    def has_ended(self, timeout: float = 0.0) -> bool:
        """Whether the worker is gone; waits up to `timeout` seconds for it."""


class ThreadBackend:
    """Runs a worker in a thread of this process, torch's import included, so that a window can be painted before.

    Attributes:
        beside: whether questions are answered during a long step, see `core.worker.Worker`.
    """

    beside = False

    def __init__(self, open_job: Opening, seat: Seat | None = None, wake: Wake = lambda: None) -> None:
        self._wake = wake
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._messages: deque[Message] = deque()
        # The thread forgets its arguments when it ends; kept here, `open_job` would keep the backend before this one.
        self._thread = threading.Thread(target=self._run, args=(open_job, seat), name="playground-worker")
        self._thread.start()

    def _run(self, open_job: Opening, seat: Seat | None) -> None:
        try:
            from playground.core.worker import Worker  # brings torch: seconds, and not on the window's thread
        except Exception as error:  # noqa: BLE001  (a torch that does not import must be said in words)
            reason = f"{type(error).__name__}: {error}"
            sentence = f"torch cannot be loaded: {reason}. Run 'playground doctor'; it says how to mend that."
            self._say(Failed(sentence, traceback.format_exc()))
            return
        Worker(open_job, self._commands, self._say, seat, self.beside).run()

    def _say(self, message: Message) -> None:
        self._messages.append(message)
        if isinstance(message, Answer):
            self._wake()

    def send(self, command: Command) -> None:
        self._commands.put(command)

    def receive(self) -> list[Message]:
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def ask_to_close(self) -> None:
        self._commands.put(Close())

    def has_ended(self, timeout: float = 0.0) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()


def once_ended(before: Sequence[Backend], opening: Opening) -> Opening:
    """Opens only when other workers are gone: what they still save may be what it opens."""
    waited_for = list(before)

    def open_job() -> "Job":
        for backend in waited_for:
            backend.has_ended(timeout=SAVING)
        return opening()

    return open_job


def bring_torch() -> None:
    """Imports torch. Where that fails, the first worker says so in words."""
    try:
        importlib.import_module("playground.core.worker")
    except Exception as error:  # noqa: BLE001  (a torch that does not import is told where it is needed)
        logging.getLogger("playground").warning("torch was not loaded ahead: %s: %s", type(error).__name__, error)
