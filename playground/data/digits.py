"""Real handwritten digits, small enough to learn in a minute: the UCI set of 1797 images of 8x8 pixels."""

import numpy as np
import torch

from playground import paths
from playground.core.data import Batch, Dataset, DataSpec, Factor
from playground.core.hyperparams import Empty
from playground.core.random import stream

CARD = {
    "name": "digits",
    "title": "Digits 8x8",
    "group": "images",
    "order": 30,
    "slides": "",
    "about": "1,797 real handwritten digits, 8x8 pixels in 17 gray levels (UCI).",
}

_TRAIN, _VALIDATION = 1257, 180  # 360 remain for the test


class Source:
    """The bundled images, split by a fixed shuffle."""

    Options = Empty

    @staticmethod
    def load(options: Empty) -> Dataset:
        """Reads the images from the resources."""
        with np.load(paths.resources() / "data" / "digits.npz", allow_pickle=False) as file:
            gray, digit = torch.from_numpy(file["images"]), torch.from_numpy(file["labels"])
        x = gray.unsqueeze(1).float() / 16  # (1797, 1, 8, 8), on the levels 0, 1/16 ... 1
        labels = digit.long().unsqueeze(1)
        order = torch.randperm(len(x), generator=stream(0, "data/digits/split"))
        rows = order.tensor_split([_TRAIN, _TRAIN + _VALIDATION])
        train, validation, test = (Batch.of(x[part], labels[part]) for part in rows)
        factor = Factor("digit", tuple(str(value) for value in range(10)))
        return Dataset(DataSpec("digits", (1, 8, 8), levels=17, factors=(factor,)), train, validation, test)
