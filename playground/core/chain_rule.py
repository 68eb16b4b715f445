"""The chain rule on the smallest images: four binary pixels, sixteen images, every probability counted.

Exact mathematics: p(x) = Π p(x_i | x_<i) holds for every joint distribution and for each of the 24 orders in which
four pixels can be written. Lecture slide 27.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np

PIXELS = 4
IMAGES = np.array([[k >> (3 - i) & 1 for i in range(PIXELS)] for k in range(2**PIXELS)])  # (16, 4), raster order
ORDERS: tuple[tuple[int, ...], ...] = tuple(permutations(range(PIXELS)))


def crops(images: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """All 2x2 pieces that tile images (N, C, H, W), their mean colour at least `threshold` or not: ints (M, 4)."""
    gray = images.mean(axis=1)
    n, height, width = gray.shape
    gray = gray[:, : height // 2 * 2, : width // 2 * 2]
    pieces = gray.reshape(n, height // 2, 2, width // 2, 2).transpose(0, 1, 3, 2, 4).reshape(-1, PIXELS)
    return (pieces >= threshold).astype(int)


@dataclass(frozen=True, eq=False)
class Joint:
    """A distribution over the sixteen images.

    Attributes:
        p: the probability of each of `IMAGES`, (16,).
    """

    p: np.ndarray

    @classmethod
    def counted(cls, pixels: np.ndarray) -> "Joint":
        """From images (M, 4): how often each occurs; one more than seen, so that none is impossible."""
        numbers = pixels @ (1 << np.arange(PIXELS)[::-1])
        counts = np.bincount(numbers, minlength=2**PIXELS) + 1.0
        return cls(counts / counts.sum())

    @cached_property
    def _cube(self) -> np.ndarray:
        return self.p.reshape([2] * PIXELS)

    def marginal(self, image: Sequence[int], pixels: Sequence[int]) -> float:
        """The probability that these pixels are as in the image, whatever the others are."""
        index = tuple(image[i] if i in pixels else slice(None) for i in range(PIXELS))
        return float(self._cube[index].sum())

    def conditionals(self, image: Sequence[int], order: Sequence[int]) -> list[float]:
        """p(x_i | those before it in the order), for each pixel of the image in that order."""
        return list(self._factors(image, order))

    def _factors(self, image: Sequence[int], order: Sequence[int]) -> Iterator[float]:
        for k in range(len(order)):
            yield self.marginal(image, order[: k + 1]) / self.marginal(image, order[:k])

    def products(self, order: Sequence[int]) -> np.ndarray:
        """The product of the four conditionals of each image, (16,): the chain rule says that it is `p`."""
        return np.array([np.prod(self.conditionals(image, order)) for image in IMAGES])
