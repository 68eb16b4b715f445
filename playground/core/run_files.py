"""Which files stand in a run folder, and whether they are the ones that its manifest names."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playground.core import manifest
from playground.core.errors import PlaygroundError
from playground.core.manifest import HISTORY, LOG, MANIFEST

LOCK = ".lock"  # held by whoever may write to the run; it says nothing of it


def new_name(path: Path) -> Path:
    """Where a file is written before the save that it belongs to is committed."""
    return path.with_name(path.name + ".new")


def all_files(path: Path) -> list[Path]:
    """What stands in a run folder and in its history."""
    history = path / HISTORY
    if history.is_symlink() or not history.is_dir():
        return list(path.iterdir())
    return [*(file for file in path.iterdir() if file != history), *history.iterdir()]


def is_leftover(path: Path, file: Path) -> bool:
    """Whether a first save that failed may have left this file."""
    name = file.relative_to(path).as_posix()
    own = name.removesuffix(".new")
    return (
        name == LOCK
        or (name == LOG and file.stat().st_size == 0)
        or (name != own and (own == MANIFEST or manifest.is_own(own)))
    )


def verified(path: Path, content: Mapping[str, Any]) -> tuple[dict[str, Path], Any]:
    """Where each file of a manifest is, and the running hash of the log.

    Raises PlaygroundError for the first misfit.
    """
    if (path / HISTORY).is_symlink():
        raise PlaygroundError(f"{path / HISTORY} is a link, not a folder, so the run was not opened.")
    places = {name: place(path, name, entry) for name, entry in content["files"].items()}
    log = _hash_of_start(path / LOG, content["log"]["bytes"])
    if log is None or log.hexdigest() != content["log"]["sha256"]:
        raise PlaygroundError(f"{path / LOG} is damaged or missing, so the run was not opened.")
    return places, log


def place(path: Path, name: str, entry: manifest.Entry) -> Path:
    """X or X.new, whichever fits its entry."""
    for candidate in (path / name, new_name(path / name)):
        found = _hash_of_start(candidate, entry["bytes"], whole=True)
        if found is not None and found.hexdigest() == entry["sha256"]:
            return candidate
    raise PlaygroundError(
        f"{path / name} is damaged, missing or unreadable, so it was not opened; use a backup or train again."
    )


def _hash_of_start(path: Path, size: int, whole: bool = False) -> Any:
    """The running hash of a plain file's first `size` bytes, or None where it has fewer (or, if `whole`, more)."""
    digest = hashlib.sha256()
    try:
        facts = os.lstat(path)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size < size or (whole and facts.st_size != size):
            return None
        with open(path, "rb") as file:
            while size > 0 and (chunk := file.read(min(size, 2**20))):
                digest.update(chunk)
                size -= len(chunk)
    except OSError:
        return digest if size == 0 else None
    return digest


def is_free(path: Path) -> bool:
    """Whether a new run may use this folder: it is empty, or holds only what a first save that was cut off left."""
    return all(is_leftover(path, file) for file in all_files(path))
