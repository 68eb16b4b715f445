"""A painted density as points in a file: drawn from it with a seed, and kept under a name that nothing had before."""

import contextlib
import hashlib
import os
import re
from pathlib import Path

import numpy as np

from playground.core import durable
from playground.core.errors import PlaygroundError, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,39}")
_ATTEMPTS = 10_000


def points_of(density: np.ndarray, count: int, seed: int, extent: float = 3.0) -> np.ndarray:
    """Points (count, 2) from a density (H, W), row 0 at the lowest y, over the square from -extent to extent: a cell by
    its share, and a place in it evenly. Raises UsageError where nothing is painted."""
    mass = np.asarray(density, dtype=np.float64)
    if not mass.sum() > 0:
        raise UsageError("Nothing is painted yet, so there are no points to draw: paint where they shall be.")
    digest = hashlib.sha256(f"{seed}/painted".encode()).digest()  # a stream of its own
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "little")))
    height, width = mass.shape
    row, column = np.divmod(generator.choice(mass.size, size=count, p=(mass / mass.sum()).ravel()), width)
    within = generator.random((count, 2))
    share = (np.stack([column, row], axis=1) + within) / (width, height)
    return (2 * share - 1) * extent


def keep(points: np.ndarray, folder: Path, name: str, about: str) -> Path:
    """Writes points as NAME.csv, or NAME-2.csv where that name is taken, and so on; `about` is its first line.

    Raises UsageError for a name that is no file's, PlaygroundError where the disk refuses.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name[:40]}' does not do as a name: letters, digits, blanks, - and _, at most 40 of them.")
    rows = "".join(f"{x:.5f},{y:.5f}\n" for x, y in points.tolist())
    data = f"# {about}\nx,y\n{rows}".encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{name}.{os.getpid()}.new"
        try:
            durable.write(fresh, data)
            return _named(fresh, folder, name)
        finally:
            durable.remove(fresh)
            durable.sync_folder(folder)
    except OSError as error:
        raise PlaygroundError(
            f"The points were not kept ({error.filename or folder}: {error.strerror or error}); what is painted is "
            "still there. Make room, or set PLAYGROUND_HOME to another folder."
        ) from error


def _named(fresh: Path, folder: Path, name: str) -> Path:
    """Gives a whole file the first free name; nothing that exists is touched."""
    for number in range(1, _ATTEMPTS):
        target = folder / (f"{name}.csv" if number == 1 else f"{name}-{number}.csv")
        with contextlib.suppress(FileExistsError):
            try:
                os.link(fresh, target)
            except FileExistsError:
                raise
            except OSError:  # a file system without second names: claim the name, then put the file there
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                durable.replace(fresh, target)
            return target
    raise UsageError(f"Too many drawings are called '{name}'; choose another name.")
