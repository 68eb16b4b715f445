"""A lock that one process holds on a file, and that the system takes back when the process ends, however it ends."""

import os
import sys
import time
from pathlib import Path

_NOT_THROUGH_LINKS = getattr(os, "O_NOFOLLOW", 0)


class FileLock:
    """Held from `take` until `release`; two in one process shut each other out, too. The file stays, and is empty."""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path) -> "FileLock | None":
        """The lock, or None where somebody else holds it. Where no file can be made, or locked (some network folders
        cannot), nobody can be shut out, and it is as good as held."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | _NOT_THROUGH_LINKS, 0o644)
        except OSError:
            return cls(None)
        try:
            _lock(handle)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            return cls(None)
        return cls(handle)

    @classmethod
    def wait(cls, path: Path, seconds: float = 2.0) -> "FileLock | None":
        """The same, patiently."""
        until = time.monotonic() + seconds
        while (lock := cls.take(path)) is None and time.monotonic() < until:
            time.sleep(0.01)
        return lock

    def release(self) -> None:
        """Gives it back; once is enough."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
