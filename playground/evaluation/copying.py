"""Images written by copying: the next pixel is that of the training image whose context is most like the one so far.

Efros and Leung 1999, in raster order. No network and no training: what a model of the next pixel would be that knows
its examples by heart. Lecture slide 28.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import SampleStep

EXAMPLES = 32  # training images that are copied from
TOLERANCE = 0.1  # contexts up to so much further away than the best are as good as it
FOLLOWED = 256  # training images in which the followers of one context are looked up; of large images fewer
MOST_CONTEXTS = 50_000
OUTSIDE = -1.0  # what lies beyond the edge of an image, unlike any gray


class Copying:
    """Answers questions about one data set of images.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"copied", "followers"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    @torch.no_grad()
    def copied(self, model: object, n: int, radius: int, generator: torch.Generator) -> Iterator[SampleStep]:
        """n images from contexts that reach `radius` pixels up and to both sides; a step a pixel.

        The last step's x is (n, *shape); its view ``source`` (n, H, W) says which training image, of EXAMPLES, each
        pixel is from.
        """
        _, height, width = self._dataset.spec.shape
        examples = self._dataset.train.x[:EXAMPLES].to(generator.device)
        known = contexts(padded(examples, radius), radius)  # (N, H W, K)
        of, places = len(examples), height * width
        known, pixels = known.flatten(0, 1), examples.flatten(2).transpose(1, 2).flatten(0, 1)  # (N H W, K or C)
        squares = known.square().sum(dim=1)
        made = padded(examples.new_zeros(n, *examples.shape[1:]), radius)
        source = torch.zeros(n, height, width, dtype=torch.int64, device=made.device)
        for row in range(height):
            for column in range(width):
                patch = made[:, :, row : row + radius + 1, column : column + 2 * radius + 1]
                sought = contexts(patch, radius)[:, 0]  # (n, K)
                far = (squares - 2 * sought @ known.T + sought.square().sum(dim=1, keepdim=True)).clamp(min=0)
                best = far.amin(dim=1, keepdim=True)
                good = (far <= best * (1 + TOLERANCE) ** 2 + 1e-4).float()
                chosen = torch.multinomial(good, 1, generator=generator)[:, 0]
                made[:, :, row + radius, column + radius] = pixels[chosen]
                source[:, row, column] = chosen // places
                yield SampleStep(row * width + column, places, torch.empty(0))
        x = made[:, :, radius:, radius : radius + width]
        yield SampleStep(places, places, x, {"source": source, "examples": torch.tensor(of)})

    def followers(self, model: object, x: Tensor, pixel: int, radius: int) -> dict[str, Tensor]:
        """What follows, in training images, the contexts most like that of one pixel of x (1, *shape), counted in
        raster order: ``x`` (levels,), the share of each level of its first colour; ``alike`` (), how many contexts are
        that similar, of ``contexts`` () compared."""
        spec = self._dataset.spec
        places = spec.shape[1] * spec.shape[2]
        examples = self._dataset.train.x[: min(FOLLOWED, MOST_CONTEXTS // places)].to(x.device)
        known = contexts(padded(examples, radius), radius).flatten(0, 1)  # (N H W, K)
        sought = contexts(padded(x, radius), radius)[0, pixel]
        far = (known - sought).square().sum(dim=1)
        good = far <= far.min() * (1 + TOLERANCE) ** 2 + 1e-4
        levels = spec.levels or 256
        follows = (examples[:, 0].flatten()[good] * (levels - 1)).round().long()
        share = follows.bincount(minlength=levels) / len(follows)
        return {"x": share, "alike": good.sum(), "contexts": torch.tensor(len(known))}


def padded(images: Tensor, radius: int) -> Tensor:
    """With an edge of OUTSIDE above and to both sides."""
    return F.pad(images, (radius, radius, radius, 0), value=OUTSIDE)


def contexts(images: Tensor, radius: int) -> Tensor:
    """The pixels before each one within the radius, of padded images (N, C, H, W): (N, places, K)."""
    colours, wide = images.shape[1], 2 * radius + 1
    patches = F.unfold(images, (radius + 1, wide)).unflatten(1, (colours, -1))  # (N, C, window, places)
    before = patches[:, :, : radius * wide + radius]  # the window in raster order, up to the pixel itself
    return before.flatten(1, 2).transpose(1, 2)
