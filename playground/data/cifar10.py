"""Small photographs of animals and vehicles: hard for small models, and what many papers report on.

The files are pickles, which can run code when they are opened. So the archive's hash is checked before anything is
unpacked, and torchvision checks the hash of each file before it opens any.
"""

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from playground import paths
from playground.core.data import Dataset, DataSpec, Factor
from playground.core.hyperparams import param
from playground.data._download import Remote, fetch, kept_in, unpack
from playground.data._torchvision import datasets, in_memory

CARD = {
    "name": "cifar10",
    "title": "CIFAR-10",
    "group": "images",
    "order": 43,
    "slides": "",
    "download": "170 MB",
    "about": "60,000 colour photographs in ten classes, 32x32 pixels; downloaded when first used (170 MB).",
}

_CLASSES = ("airplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Source:
    """Ten classes of photographs."""

    @dataclass(frozen=True)
    class Options:
        count: int = param(20000, low=100, high=45000, step=1000, unit="images", label="training images",
                           help="Each 10,000 images take 120 MB of memory.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Reads the downloaded files."""
        spec = DataSpec("cifar10", (3, 32, 32), levels=256, factors=(Factor("class", _CLASSES),))
        return in_memory(spec, _read, options.count)


def _read(train: bool) -> tuple[Tensor, Tensor]:
    cls, folder = datasets("cifar10").CIFAR10, paths.downloads()
    try:
        opened = cls(folder, train=train)
    except RuntimeError:  # a file is missing or is not what its hash says
        mirrors = (cls.url.removesuffix(cls.filename),)
        _unpack(fetch(Remote("cifar10", cls.filename, mirrors, cls.tgz_md5, (cls.filename,)), folder), cls)
        opened = cls(folder, train=train)
    return torch.from_numpy(opened.data).permute(0, 3, 1, 2), torch.tensor(opened.targets)


def _unpack(archive: Path, cls: Any) -> None:
    """The files that torchvision reads, and no others: no path in the archive says where anything goes."""
    folder = archive.parent / cls.base_folder
    folder.mkdir(exist_ok=True)
    with kept_in(folder, "cifar10"), tarfile.open(archive) as tar:
        for name in (cls.meta["filename"], *(name for name, _ in cls.train_list + cls.test_list)):
            content = tar.extractfile(f"{cls.base_folder}/{name}")
            if content is None:
                raise KeyError(name)  # a folder or a device of that name
            with content:
                unpack(content, folder / name)
