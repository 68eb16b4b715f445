"""A folder of one's own pictures.

Every picture is resized so that its shorter side fits, and cropped in the middle. Sub-folders are labels: the name of
the first one below the folder, however deep the picture lies in it. Files that cannot be read are left out, counted and
named.
"""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from playground.core.data import Batch, Dataset, DataSpec, Factor
from playground.core.errors import UsageError
from playground.core.hyperparams import param
from playground.core.random import stream
from playground.data._pictures import UnfitError, find, read
from playground.data._progress import Meter

CARD = {
    "name": "folder",
    "title": "Your own pictures",
    "group": "images",
    "order": 50,
    "slides": "",
    "takes": "a folder",
    "about": "PNG, JPEG, WebP or BMP files, resized and cropped in the middle; sub-folders are labels.",
}

FEWEST = 20
_MOST = 20000
_NAMED = 5  # files left out for one reason that are named, before only their number is
_LOOSE = "(no sub-folder)"

Unfit = dict[str, list[Path]]  # files that cannot be used, by reason

_log = logging.getLogger("playground")


class Source:
    """The pictures in a folder: four fifths to train on, a tenth each for validation and test, by a fixed shuffle."""

    @dataclass(frozen=True)
    class Options:
        size: int = param(32, low=8, high=64, step=4, unit="pixels", label="image side",
                          help="A multiple of 4. 16 trains several times faster, 64 looks better.")  # fmt: skip
        gray: bool = param(False, help="Without colours: a third of the numbers to learn.")

    @staticmethod
    def load(options: Options, path: Path) -> Dataset:
        """Reads the pictures. Raises UsageError where there are fewer than 20."""
        if options.size % 4:
            raise UsageError(f"size = {options.size} does not do: it must be a multiple of 4.")
        if not path.is_dir():
            raise UsageError(f"There is no folder {path}.")
        found, links = find(path)
        chosen = torch.randperm(len(found), generator=stream(0, "data/folder/choice"))[:_MOST].sort().values
        files, pictures, unfit = _read([found[i] for i in chosen.tolist()], options, path)
        if links:
            unfit["linked and not followed"] = links
        left_out = _sentence(path, unfit, len(found) - len(chosen))
        if len(files) < FEWEST:
            raise UsageError(
                f"{path} holds {len(files)} pictures that can be used (PNG, JPEG, WebP or BMP), and at least {FEWEST} "
                f"are needed.{left_out}"
            )
        if left_out:
            _log.warning("%s: %d pictures are used.%s", path, len(files), left_out)
        return _split(path, files, pictures)


def _read(files: list[Path], options: Source.Options, path: Path) -> tuple[list[Path], list[np.ndarray], Unfit]:
    """The files that can be used, their pictures, and the other files."""
    used: list[Path] = []
    pictures: list[np.ndarray] = []
    unfit: Unfit = {}
    meter = Meter(f"Reading the pictures in {path.name}", len(files), "files", quiet=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of odd headers and of sizes that are checked here
        for i, file in enumerate(files):
            meter.show(i)
            try:
                pictures.append(read(file, options.size, options.gray))
                used.append(file)
            except UnfitError as error:
                unfit.setdefault(str(error), []).append(file)
    return used, pictures, unfit


def _split(path: Path, files: list[Path], pictures: list[np.ndarray]) -> Dataset:
    places = [file.relative_to(path).parts for file in files]
    names = [_printable(parts[0]) if len(parts) > 1 else _LOOSE for parts in places]
    number = {name: i for i, name in enumerate(sorted(set(names)))}
    factors = (Factor("folder", tuple(number)),) if len(number) > 1 else ()
    labels = torch.tensor([[number[name]] * len(factors) for name in names], dtype=torch.int64)
    x = torch.from_numpy(np.stack(pictures))  # (N, C, size, size)
    n, tenth = len(x), len(x) // 10
    order = torch.randperm(n, generator=stream(0, "data/folder/split"))
    train, validation, test = (
        Batch.of(x[rows].float().div_(255), labels[rows]) for rows in order.tensor_split([n - 2 * tenth, n - tenth])
    )
    return Dataset(DataSpec("folder", tuple(x.shape[1:]), levels=256, factors=factors), train, validation, test)


def _sentence(path: Path, unfit: Unfit, more: int) -> str:
    """What was left out and why, or nothing."""
    parts = []
    for reason, files in unfit.items():
        names = [_printable(str(file.relative_to(path))) for file in files[:_NAMED]]
        rest = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
        parts.append(f"{len(files)} {reason} ({', '.join(names)}{rest})")
    if more:
        parts.append(f"{more} beyond the {_MOST:,} that a fixed choice takes")
    return f" Left out: {'; '.join(parts)}." if parts else ""


def _printable(name: str) -> str:
    """A file name that cannot steer the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
