"""Where workers run. In threads of the window's process they take turns with the window at the interpreter, and a tiny
model loses half its speed. In a process of their own they lose nothing, torch is never imported beside a window that is
being painted, and what kills that process (no memory left, a broken GPU) leaves the window whole.

One process serves a whole window: its workers are threads there, share torch and its memory, and race fairly.
"""

import contextlib
import itertools
import multiprocessing
import os
import queue
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from playground.core.backend import Backend, Opening, ThreadBackend, Wake, bring_torch, once_ended
from playground.core.errors import UsageError
from playground.core.hosting import Begin, Order, Say, ShareBy, Tell, serve
from playground.core.messages import Answer, Close, Command, Failed, Message
from playground.core.turns import FairShare


class Engine(Protocol):
    """Starts workers.

    Attributes:
        name: "thread" or "process".
    """

    name: str

    def start(self, opening: Opening, share: FairShare | None, after: Sequence[Backend], wake: Wake) -> Backend:
        """A worker that opens a run once those before it, of the same engine, have ended. `opening` must be a plain
        value, to be sent elsewhere; `share`: among whose workers it takes turns."""

    def warm(self) -> None:
        """Gets ready for the first worker, without waiting."""

    def close(self) -> None:
        """Ends; its workers were closed before."""


class ThreadEngine:
    """Runs workers in this process."""

    name = "thread"

    def start(self, opening: Opening, share: FairShare | None, after: Sequence[Backend], wake: Wake) -> Backend:
        return ThreadBackend(once_ended(after, opening), share.seat() if share else None, wake)

    def warm(self) -> None:
        threading.Thread(target=bring_torch, name="playground-warm-up").start()

    def close(self) -> None:
        pass


class ProcessEngine:
    """Runs workers in a spawned process, and in a new one when that has died.

    Attributes:
        last_child: the process.
    """

    name = "process"

    def __init__(self, logs: Path | None = None) -> None:
        """`logs`: the folder for warnings and for traces of native crashes."""
        self._logs = logs
        self.last_child: _Child | None = None
        self._slots = itertools.count()

    def start(self, opening: Opening, share: FairShare | None, after: Sequence[Backend], wake: Wake) -> Backend:
        child = self._living()
        backend = ProcessBackend(child, next(self._slots), wake)
        if share:
            child.follow(share)
        before = tuple(other.slot for other in after if isinstance(other, ProcessBackend))
        shared = (share.number, share.unit) if share else None
        child.host(backend, Begin(backend.slot, opening, before, shared))
        return backend

    def warm(self) -> None:
        self._living()

    def close(self) -> None:
        if self.last_child is not None:
            self.last_child.end()

    def _living(self) -> "_Child":
        if self.last_child is None or self.last_child.has_died():
            self.last_child = _Child(self._logs)
        return self.last_child


class ProcessBackend:
    """A worker in another process.

    Attributes:
        slot: its number there.
    """

    def __init__(self, child: "_Child", slot: int, wake: Wake) -> None:
        self.slot = slot
        self._child = child
        self._wake = wake
        self._messages: deque[Message] = deque()
        self._ended = threading.Event()

    def send(self, command: Command) -> None:
        self._child.post(Tell(self.slot, command))

    def receive(self) -> list[Message]:
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def ask_to_close(self) -> None:
        self.send(Close())

    def has_ended(self, timeout: float = 0.0) -> bool:
        return self._ended.wait(timeout)

    def hear(self, message: Message | None) -> None:
        """Takes what the worker said, on another thread; None is its last word."""
        if message is None:
            self._ended.set()
            return
        self._messages.append(message)
        if isinstance(message, Answer):
            self._wake()


class _Child:
    """The process, and two threads that write to its pipe and read from it, so that the window never waits.

    Attributes:
        pid: of the process, once it has been started.
    """

    def __init__(self, logs: Path | None) -> None:
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._hosted: dict[int, ProcessBackend] = {}
        self._shares: set[int] = set()
        self._lock = threading.Lock()  # nobody moves in while the house comes down
        self._died = threading.Event()
        self._why = ""  # where there is more to say than that
        self.pid = 0
        # A daemon: an interpreter that ends for whatever reason does not wait for it, and it saves when it is alone.
        threading.Thread(target=self._write, args=(logs,), name="playground-engine", daemon=True).start()

    def host(self, backend: ProcessBackend, begin: Begin) -> None:
        """Takes in a worker."""
        with self._lock:
            self._hosted[backend.slot] = backend
            if self._died.is_set():
                self._tell_all()
                return
        self.post(begin)

    def follow(self, share: FairShare) -> None:
        """Shares there as is shared here."""
        if share.number not in self._shares:
            self._shares.add(share.number)
            share.followers.append(lambda unit: self.post(ShareBy(share.number, unit)))

    def post(self, order: Order) -> None:
        """Hands over an order; never blocks."""
        self._orders.put(order)

    def has_died(self, timeout: float = 0.0) -> bool:
        """Whether nobody is there any more; waits up to `timeout` seconds for that."""
        return self._died.wait(timeout)

    def end(self) -> None:
        """Tells it to go; it saves what there still is to save."""
        self._orders.put(None)

    def _write(self, logs: Path | None) -> None:
        """Starts the process, which takes a moment, then hands orders over until the last one."""
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe()
        process = spawning.Process(target=serve, args=(theirs, logs), name="playground-engine", daemon=True)
        try:
            process.start()
        except OSError as error:
            self._come_down(f"The training process could not be started: {error}. Start the program again with "
                            "PLAYGROUND_ENGINE=thread, and models are trained inside the window.")  # fmt: skip
            return
        theirs.close()
        self.pid = process.pid or 0
        threading.Thread(target=self._read, args=(ours,), name="playground-engine-words", daemon=True).start()
        with contextlib.suppress(OSError):  # it is gone; the reader says so
            while (order := self._orders.get()) is not None:
                ours.send(order)
            ours.send(None)

    def _read(self, pipe: "multiprocessing.connection.Connection") -> None:
        """Passes on what its workers say until it is gone."""
        try:
            while True:
                said: Say = pipe.recv()
                backend = self._hosted.get(said.slot)
                if backend is None:
                    continue
                if said.message is None:
                    del self._hosted[said.slot]
                backend.hear(said.message)
        except (EOFError, OSError):
            self._come_down()

    def _come_down(self, why: str = "") -> None:
        self._why = why
        with self._lock:
            self._died.set()
            self._tell_all()
        self._orders.put(None)  # the writer need not wait for another order

    def _tell_all(self) -> None:
        for backend in self._hosted.values():
            if self._why:
                backend.hear(Failed(self._why))
            backend.hear(None)
        self._hosted.clear()


_current: Engine = ThreadEngine()


def current() -> Engine:
    """Where this process starts its workers."""
    return _current


def use(engine: Engine) -> None:
    """From now on workers are started there."""
    global _current
    _current = engine


def chosen(wanted: str, logs: Path | None = None) -> Engine:
    """The engine for "thread", "process", or "auto": a process, unless there is only one core to share anyway.

    Raises UsageError for any other word.
    """
    if wanted not in ("auto", "thread", "process"):
        raise UsageError(f"Models are trained in a 'thread' or a 'process', or 'auto' chooses, not in '{wanted}'. "
                         "Correct PLAYGROUND_ENGINE, or unset it.")  # fmt: skip
    if wanted == "auto":
        wanted = "process" if _cores() > 1 else "thread"
    return ProcessEngine(logs) if wanted == "process" else ThreadEngine()


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
