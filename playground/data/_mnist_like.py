"""MNIST and the sets made in its image: 70,000 gray pictures of 28x28 pixels in ten classes, in four packed files."""

import gzip
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from playground import paths
from playground.core.data import Dataset, DataSpec, Factor
from playground.core.errors import PlaygroundError
from playground.core.hyperparams import param
from playground.data._download import Remote, fetch, kept_in, unpack
from playground.data._torchvision import datasets, in_memory


@dataclass(frozen=True)
class Options:
    """Of every set of this kind."""

    count: int = param(20000, low=100, high=55000, step=1000, unit="images", label="training images",
                       help="Fewer images make it easier to learn them by heart.")  # fmt: skip


def load(name: str, class_name: str, factor: Factor, options: Options) -> Dataset:
    """The set that torchvision calls `class_name`, downloaded when first asked for."""
    cls = getattr(datasets(name), class_name)
    folder = paths.downloads() / class_name / "raw"
    together = tuple(file for file, _ in cls.resources)
    for file, md5 in cls.resources:
        packed = fetch(Remote(name, file, tuple(cls.mirrors), md5, together), folder)
        with kept_in(folder, name):
            _unpack(packed)
    spec = DataSpec(name, (1, 28, 28), levels=256, factors=(factor,))
    return in_memory(spec, partial(_read, cls, folder), options.count)


def _unpack(packed: Path) -> None:
    """Beside itself, once; a file under its own name is whole."""
    target = packed.with_suffix("")
    if not target.exists():
        with gzip.open(packed) as source:
            unpack(source, target)


def _read(cls: Any, folder: Path, train: bool) -> tuple[Tensor, Tensor]:
    try:
        opened = cls(paths.downloads(), train=train)
    except Exception as error:  # torchvision asserts, indexes and reshapes what it finds
        raise PlaygroundError(
            f"The files in {folder} were damaged after they were unpacked ({type(error).__name__}); delete that "
            "folder, and they are fetched again."
        ) from error
    return opened.data[:, None], opened.targets
