"""Pictures of clothes, made to replace MNIST one for one where digits have become too easy."""

from playground.core.data import Dataset, Factor
from playground.data import _mnist_like

CARD = {
    "name": "fashion-mnist",
    "title": "Fashion-MNIST",
    "group": "images",
    "order": 41,
    "slides": "",
    "download": "31 MB",
    "about": "70,000 pictures of clothes, 28x28 pixels; downloaded when first used (31 MB).",
}

_CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


class Source:
    """Ten kinds of clothes."""

    Options = _mnist_like.Options

    @staticmethod
    def load(options: _mnist_like.Options) -> Dataset:
        """Reads the downloaded files."""
        return _mnist_like.load("fashion-mnist", "FashionMNIST", Factor("item", _CLOTHES), options)
