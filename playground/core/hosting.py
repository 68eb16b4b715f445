"""The other side of `core.engine.ProcessEngine`: a process that hosts workers and does as it is told through a pipe.

It ends when it is told to, or when the window is gone, however that died: each worker saves first.
"""

import faulthandler
import functools
import logging
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from playground.core import session_log
from playground.core.backend import Opening, ThreadBackend, bring_torch, once_ended
from playground.core.messages import Command, Message
from playground.core.turns import FairShare, Seat, Unit

PATIENCE = 60.0  # seconds for workers to save when the window is gone
NICE = 5  # where the machine has too little for both, the window goes first


@dataclass(frozen=True)
class Begin:
    """Start a worker under this number, once those named in `after` have ended. `share`: the number of what it shares
    with others, and by what unit."""

    slot: int
    opening: Opening
    after: tuple[int, ...] = ()
    share: tuple[int, Unit] | None = None


@dataclass(frozen=True)
class Tell:
    """Hand a command to a worker."""

    slot: int
    command: Command


@dataclass(frozen=True)
class ShareBy:
    """Share something else from now on."""

    share: int
    unit: Unit


@dataclass(frozen=True)
class Say:
    """What a worker says; None is its last word."""

    slot: int
    message: Message | None


Order = Begin | Tell | ShareBy


def serve(pipe: Connection, logs: Path | None) -> None:
    """Hosts workers until the pipe says None or breaks. `logs`: the folder for traces of native crashes."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    host = Host(pipe)
    _heed_signals(host)
    with _log_in(logs):
        host.run()
    os._exit(0)  # all is saved; taking torch apart would cost a second


class Host:
    """Some workers, each in a thread.

    Attributes:
        shares: what some of them take turns at, by number.
        listening: False once it only waits for them to save.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._workers: dict[int, _Hosted] = {}
        self.listening = True
        self.shares: dict[int, FairShare] = {}

    def run(self) -> None:
        """Until the window says so, or is gone."""
        threading.Thread(target=bring_torch, name="playground-warm-up").start()
        try:
            while (order := self._pipe.recv()) is not None:
                self._obey(order)
        except (EOFError, OSError, SystemExit):  # the window died, or this process was asked to end
            pass
        self.listening = False
        for worker in self._workers.values():
            worker.ask_to_close()
        for worker in self._workers.values():
            worker.has_ended(PATIENCE)

    def _obey(self, order: Order) -> None:
        match order:
            case Begin(slot, opening, after, share):
                before = [self._workers[other] for other in after if other in self._workers]
                self._workers = {other: worker for other, worker in self._workers.items() if not worker.has_ended()}
                seat = self._share(*share).seat() if share else None
                self._workers[slot] = _Hosted(functools.partial(self._say, slot), once_ended(before, opening), seat)
            case Tell(slot, command):
                if slot in self._workers:
                    self._workers[slot].send(command)
            case ShareBy(share, unit):
                self._share(share, unit).share_by(unit)

    def _share(self, number: int, unit: Unit) -> FairShare:
        return self.shares.setdefault(number, FairShare(unit))

    def _say(self, slot: int, message: Message | None) -> None:
        said = pickle.dumps(Say(slot, message), protocol=pickle.HIGHEST_PROTOCOL)  # what cannot be said is raised here
        try:
            with self._lock:
                self._pipe.send_bytes(said)
        except OSError:
            pass  # nobody listens any more: the workers are about to be closed


class _Hosted(ThreadBackend):
    """A worker whose words go through the pipe."""

    beside = True

    def __init__(self, out: Callable[[Message | None], None], open_job: Opening, seat: Seat | None) -> None:
        self._out = out
        super().__init__(open_job, seat)

    def _say(self, message: Message) -> None:
        self._out(message)

    def _run(self, open_job: Opening, seat: Seat | None) -> None:
        try:
            super()._run(open_job, seat)
        finally:
            self._out(None)


def _heed_signals(host: Host) -> None:
    """Ctrl-C in a terminal reaches the window too, which ends this process once all is saved; whoever asks this
    process alone to end has everything saved first."""

    def end(number: int, frame: FrameType | None) -> None:
        if host.listening:
            raise SystemExit

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, end)


@contextmanager
def _log_in(folder: Path | None) -> Iterator[None]:
    """Warnings and the trace of a native crash go where the window's own go; one without a folder keeps none."""
    if folder is None:
        yield
        return
    with session_log.crash_file(folder).open("a", encoding="utf-8") as crashes:
        logging.basicConfig(handlers=[session_log.begin_log(folder)])
        faulthandler.enable(crashes)
        yield
