"""Writing that survives a full disk or a lost battery: each step is on the disk before the next relies on it."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from playground.core.errors import PlaygroundError

_SPARE = 2**20  # room for folder entries and whatever else writes at the same time


def write(path: Path, data: bytes) -> None:
    """Writes a new file; an old one of that name is unlinked first, so nothing that shares its content changes."""
    path.unlink(missing_ok=True)
    with _naming(path), _open(path, "xb") as file:
        _put(file, data)


def append(path: Path, size: int, data: bytes) -> None:
    """Cuts a file back to its first `size` bytes and adds `data`."""
    with _naming(path), _open(path, "ab") as file:
        if file.tell() < size:
            raise OSError(errno.EIO, "the file has become shorter")
        file.truncate(size)
        _put(file, data)


def link(source: Path, target: Path) -> bool:
    """Gives a file a second name at no cost; False where the file system cannot."""
    try:
        target.unlink(missing_ok=True)
        os.link(source, target)
    except OSError:
        return False
    return True


def replace(source: Path, target: Path) -> None:
    """Renames over whatever was there, in one indivisible step."""
    _replace(source, target)


def remove(path: Path) -> None:
    """Deletes a file that nobody needs; one that stays harms nobody either."""
    with contextlib.suppress(OSError):
        path.unlink()


def sync(path: Path) -> None:
    """Waits until a file that somebody else wrote is on the disk."""
    with _naming(path), _open(path, "r+b") as file:
        _fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Waits until the names in a folder are on the disk, where the system knows how."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        _fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network folders cannot
            raise
    finally:
        os.close(handle)


def check_space(path: Path, needed: int) -> None:
    """Raises PlaygroundError where the disk is too full for `needed` more bytes."""
    free = shutil.disk_usage(path).free
    if free < needed + _SPARE:
        raise PlaygroundError(
            f"The disk of {path} is too full to save: it needs {(needed + _SPARE) / 1e6:.1f} MB and has "
            f"{free / 1e6:.1f} MB; what was saved before is intact, so free some space and save again."
        )


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Says which file, where the system's error does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _put(file: IO[bytes], data: bytes) -> None:
    _write(file, data)
    file.flush()
    _fsync(file.fileno())


# The four calls through which everything goes to the disk, so that a test can make each one fail.


def _open(path: Path, mode: str) -> IO[Any]:
    return open(path, mode)


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(data)


def _fsync(handle: int) -> None:
    os.fsync(handle)


def _replace(source: Path, target: Path) -> None:
    os.replace(source, target)
