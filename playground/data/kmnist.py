"""Letters from old Japanese books (Kuzushiji), each written in many ways, in MNIST's format."""

from playground.core.data import Dataset, Factor
from playground.data import _mnist_like

CARD = {
    "name": "kmnist",
    "title": "Kuzushiji-MNIST",
    "group": "images",
    "order": 42,
    "slides": "",
    "download": "21 MB",
    "about": "70,000 letters from old Japanese books, 28x28 pixels; downloaded when first used (21 MB).",
}

_LETTERS = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")


class Source:
    """Ten letters, one of each row of the syllabary."""

    Options = _mnist_like.Options

    @staticmethod
    def load(options: _mnist_like.Options) -> Dataset:
        """Reads the downloaded files."""
        return _mnist_like.load("kmnist", "KMNIST", Factor("letter", _LETTERS), options)
