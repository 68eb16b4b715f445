"""Files that others will read: each appears whole, or the old one stays."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from playground.core import durable
from playground.core.errors import PlaygroundError

_PART = ".part-"
_FORGOTTEN = 3600.0  # seconds since somebody last wrote to a part that nobody will finish


def set_aside(path: Path) -> Path | None:
    """Gives a file that makes no sense another name, so that a new one does not take its place; None where it stays."""
    for number in range(1, 100):
        kept = path.with_name(f"{path.stem}.unreadable-{number}{path.suffix}")
        if not kept.exists():
            try:
                return path.rename(kept)
            except OSError:
                return None
    return None


def kept_aside(path: Path, what: str, instead: str) -> str:
    """Sets a file aside and says so: "The preferences made no sense, ..."."""
    kept = set_aside(path)
    where = f"the file is kept as {kept}" if kept else f"the file is {path}"
    return f"{what} could not be read, so {instead}; {where}."


@contextlib.contextmanager
def whole_file(path: Path, what: str, lasting: bool = True) -> Iterator[Path]:
    """A name beside `path` to write `what` to; renamed to `path` at the end. Raises PlaygroundError where it cannot be
    written.

    Args:
        lasting: it is on the disk before it is renamed, else a loss of power may leave an empty file. That takes a
            moment, which a window that writes every few seconds does not have.
    """
    part = path.with_name(f"{_PART}{os.getpid()}-{threading.get_ident()}{path.suffix.lower()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        try:
            yield part
            if lasting:
                durable.sync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise PlaygroundError(f"The {what} cannot be written to {path}: {error.strerror or error}.") from error


def _sweep(folder: Path) -> None:
    """Removes what writers left that were killed. By age: a folder may be shared with another machine, whose processes
    cannot be asked whether they live."""
    for part in folder.glob(f"{_PART}*"):
        with contextlib.suppress(OSError):  # another sweeps, too
            if time.time() - part.stat().st_mtime > _FORGOTTEN:
                part.unlink()
