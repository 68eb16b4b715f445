"""Handwritten digits: the set on which most of these models were first shown."""

from playground.core.data import Dataset, Factor
from playground.data import _mnist_like

CARD = {
    "name": "mnist",
    "title": "MNIST",
    "group": "images",
    "order": 40,
    "slides": "",
    "download": "12 MB",
    "about": "70,000 handwritten digits, 28x28 pixels; downloaded when first used (12 MB).",
}


class Source:
    """Digits 0 to 9."""

    Options = _mnist_like.Options

    @staticmethod
    def load(options: _mnist_like.Options) -> Dataset:
        """Reads the downloaded files."""
        return _mnist_like.load("mnist", "MNIST", Factor("digit", tuple("0123456789")), options)
