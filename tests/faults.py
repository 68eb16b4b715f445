"""Every call that changes the disk, made to fail in turn: open, write, truncate, flush, fsync, rename, link, unlink,
mkdir. Whatever writes goes through them, as long as it is Python that does."""

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

CHANGES = ("open", "fsync", "replace", "rename", "link", "unlink", "remove", "mkdir")  # of the module os


class Crash(BaseException):
    """The process dies here: nothing may catch it, and nothing after it reaches the disk."""


def _error(number: int) -> Callable[[], OSError]:
    return lambda: OSError(number, os.strerror(number))


FAULTS: dict[str, Callable[[], BaseException]] = {
    "ENOSPC": _error(errno.ENOSPC),
    "EIO": _error(errno.EIO),
    "EACCES": _error(errno.EACCES),
    "crash": Crash,
}


WAYS = [(kind, late, lasts) for kind in FAULTS for late in (False, True) for lasts in (False, True)
        if not (kind == "crash" and lasts)]  # fmt: skip
_OFTEN = (("ENOSPC", False, True), ("EIO", True, False), ("crash", False, False), ("crash", True, False))


def _name(way: tuple[str, bool, bool]) -> str:
    kind, late, lasts = way
    return f"{kind}, {'halfway' if late else 'before'}, {'from then on' if lasts else 'once'}"


each_way = pytest.mark.parametrize(
    "way", [pytest.param(way, id=_name(way), marks=() if way in _OFTEN else pytest.mark.slow) for way in WAYS]
)


class Fault:
    """Makes the k-th call fail, and, after a crash or where it `lasts`, all that follow.

    Attributes:
        error: what is raised.
        calls: the calls so far, by name.
    """

    def __init__(
        self, patches: pytest.MonkeyPatch, k: int, error: BaseException, late: bool = False, lasts: bool = False
    ) -> None:
        """`late`: a write is half done, and everything else done, before it fails."""
        self.k, self.error, self.late = k, error, late
        self.lasts = lasts or isinstance(error, Crash)
        self.calls: list[str] = []
        opened = io.open
        for module in (builtins, io):
            patches.setattr(module, "open", lambda *given, **named: self._opened(opened, *given, **named))
        for name in CHANGES:
            patches.setattr(os, name, self._failing(name, getattr(os, name)))

    @property
    def struck(self) -> bool:
        """Whether there was a k-th call."""
        return len(self.calls) >= self.k

    def strike(self, name: str, real: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Counts a call; lets it through or fails it."""
        self.calls.append(name)
        number = len(self.calls)
        if number < self.k or (number > self.k and not self.lasts):
            return real()
        if number == self.k and self.late:
            done = (half or real)()
            if isinstance(done, io.IOBase):
                done.close()
        raise self.error

    def _failing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            flags = given[1] if name == "open" and len(given) > 1 else os.O_WRONLY
            if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return real(*given, **named)  # only looked at
            return self.strike(name, lambda: real(*given, **named))

        return call

    def _opened(self, real: Callable[..., Any], file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return real(file, mode, *given, **named)
        return _Watched(self.strike("open", lambda: real(file, mode, *given, **named)), self)


class _Watched:
    """A file whose changes are counted."""

    def __init__(self, file: Any, fault: Fault) -> None:
        self._file, self._fault = file, fault

    def write(self, data: Any) -> int:
        return int(self._fault.strike("write", lambda: self._file.write(data),
                                      lambda: self._file.write(data[: len(data) // 2])))  # fmt: skip

    def truncate(self, size: int | None = None) -> int:
        return int(self._fault.strike("truncate", lambda: self._file.truncate(size)))

    def flush(self) -> None:
        self._fault.strike("flush", self._file.flush)

    def __enter__(self) -> "_Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def each_fault(
    monkeypatch: pytest.MonkeyPatch, way: tuple[str, bool, bool], work: Callable[[int], Callable[[], Any]]
) -> Iterator[tuple[int, Fault, BaseException | None]]:
    """Does some work again and again, each time with another call failing, until there is none left; says which call
    that was, and what became of the work.

    Args:
        way: one of `WAYS`: which of FAULTS, whether late, whether it lasts.
        work: given a number, prepares the work (nothing fails yet) and returns what does it.
    """
    for k in count(1):
        do, error = work(k), None
        with monkeypatch.context() as patches:
            kind, late, lasts = way
            patches.setattr(os, "fsync", lambda handle: None)  # nothing is waited for, yet it can fail
            fault = Fault(patches, k, FAULTS[kind](), late, lasts)
            try:
                do()
            except (Exception, Crash) as caught:  # noqa: BLE001  (whoever asked says which are right)
                error = caught
        if not fault.struck:
            assert error is None
            return
        yield k, fault, error
