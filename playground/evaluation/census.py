"""Counts where the samples of a model fall: on cells of the line or the plane, near known modes, or by class.

The same for every family. Samples are drawn in pieces, with the label left open where there is one, so that a window
stays served meanwhile.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import GenerativeModel, SampleStep
from playground.evaluation import coverage
from playground.evaluation.features import Yardstick

POINTS_AT_ONCE, IMAGES_AT_ONCE = 4000, 50
SHOWN = {"points": 500, "images": 24}  # samples that go with their count


class Census:
    """Answers questions about the samples of models of one data set.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"counts", "modes"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._judges: list[Yardstick | None] = []  # opened when it is first needed

    @torch.no_grad()
    def counts(
        self, model: GenerativeModel, n: int, side: int, extent: float, generator: torch.Generator
    ) -> Iterator[SampleStep]:
        """How many of n points fall into each of `side` even cells along each axis from -extent to extent.

        The last step's x is (side,) on the line and (side, side) in the plane, the first axis y; its view ``drawn`` is
        n, of which some may lie outside.
        """
        counts = torch.zeros([side] * self._dataset.spec.dims, dtype=torch.int64)
        total = -(-n // POINTS_AT_ONCE)
        for x in self._draw(model, n, generator):
            if x is not None:
                counts += cell_counts(x, side, extent)
            yield SampleStep(0, total, torch.empty(0))
        yield SampleStep(total, total, counts, {"drawn": torch.tensor(n)})

    @torch.no_grad()
    def modes(self, model: GenerativeModel, n: int, generator: torch.Generator) -> Iterator[SampleStep]:
        """How many of n samples lie within 3 sigma of each known mode; of images, how many the project's own classifier
        takes for each value of the first factor.

        The last step's x is (M,), empty where neither is known; its views ``hit``, how many modes get at least a fifth
        of their share, see `coverage.modes_hit`; ``share`` within 3 sigma of any mode, NaN for images; ``drawn``, n;
        and some of the ``samples``, (S, *shape), with the ``mode`` that each was counted for, -1 for none, (S,).
        """
        pieces: list[Tensor] = []
        for x in self._draw(model, n, generator):
            pieces += [] if x is None else [x]
            yield SampleStep(0, 1, torch.empty(0))
        samples, share = torch.cat(pieces), torch.tensor(torch.nan)
        if self._dataset.modes is not None:
            centres, std = self._dataset.modes
            near = torch.cdist(samples, centres) <= 3 * std  # (N, M)
            counts, mode = near.sum(dim=0), torch.where(near.any(dim=1), near.long().argmax(dim=1), -1)
            share = torch.tensor(coverage.share_within_3_sigma(samples, centres, std))
            hit = coverage.modes_hit(samples, centres, std)
        else:
            counts, mode = self._by_class(samples.clamp(0, 1))
            hit = int((counts >= coverage.ENOUGH * n / max(len(counts), 1)).sum())
        shown = SHOWN[self._dataset.spec.kind]
        views = {"hit": torch.tensor(hit), "share": share, "drawn": torch.tensor(n)}
        yield SampleStep(1, 1, counts, views | {"samples": samples[:shown], "mode": mode[:shown]})

    def _by_class(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """How many the classifier takes for each value of the first factor, (K,), and for which one it takes each,
        (N,); (0,) and (0,) where there is none."""
        spec = self._dataset.spec
        if not self._judges:
            self._judges.append(Yardstick.bundled(spec, "cpu") if spec.kind == "images" and spec.classes else None)
        judge = self._judges[0]
        if judge is None:
            return torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)
        labels = judge.labels(images)[:, 0]
        return labels.bincount(minlength=spec.classes[0]), labels

    def _draw(self, model: GenerativeModel, n: int, generator: torch.Generator) -> Iterator[Tensor | None]:
        """Samples in pieces, on the CPU; None where a piece is still on its way."""
        at_once = POINTS_AT_ONCE if self._dataset.spec.kind == "points" else IMAGES_AT_ONCE
        for rows in torch.arange(n).split(at_once):
            if "sample_steps" in model.capabilities(self._dataset.spec):
                x = torch.empty(0)
                for state in model.sample_steps(len(rows), generator=generator):
                    x = state.x
                    yield None
            else:
                x = model.sample(len(rows), generator=generator)
            yield x.cpu()


def cell_counts(x: Tensor, side: int, extent: float) -> Tensor:
    """How many of some points (N, D) fall into each of `side` even cells along each axis, int64 (side,) * D, the last
    axis x; those outside are left out."""
    place = ((x + extent) * (side / (2 * extent))).floor()
    inside = place[((place >= 0) & (place < side)).all(dim=1)].long()  # (K, D); NaN is nowhere
    dims = x.shape[1]
    flat = sum((inside[:, axis] * side**axis for axis in range(dims)), torch.zeros(len(inside), dtype=torch.int64))
    return flat.bincount(minlength=side**dims).view([side] * dims)
