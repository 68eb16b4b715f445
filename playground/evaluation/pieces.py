"""Long work on a live model in pieces, so that a window stays served and training goes on between them."""

import time
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

import torch
from torch import Tensor

from playground.core.data import Batch, DataSpec
from playground.core.model import GenerativeModel, SampleStep
from playground.core.random import stream
from playground.evaluation.calls import CallCounter

PIECE_SECONDS = 0.01  # of work between two looks at what else there is to do
DRAWN_AT_ONCE = 20  # images, so that a step of a sampler is short

T = TypeVar("T")
Work = Generator[None, None, T]  # stops where something else may be done, and returns what it found
Numbers = dict[str, float]


def in_pieces(work: Work[tuple[Tensor, Numbers]]) -> Iterator[SampleStep]:
    """One state each `PIECE_SECONDS` or so, and a last one with the result: its x, and one view a number."""
    began = time.perf_counter()
    while True:
        try:
            with torch.no_grad():  # not inference mode: samplers that follow a gradient switch it on again for x
                next(work)
        except StopIteration as end:
            x, numbers = end.value
            yield SampleStep(1, 1, x, {name: torch.tensor(float(value)) for name, value in numbers.items()})
            return
        if time.perf_counter() - began > PIECE_SECONDS:
            yield SampleStep(0, 1, torch.empty(0))
            began = time.perf_counter()


def draw(
    model: GenerativeModel,
    spec: DataSpec,
    n: int,
    labels: Tensor | None,
    generator: torch.Generator,
    settings: Any = None,
    counter: CallCounter | None = None,
) -> Work[Tensor]:
    """n samples on the CPU as `sample` draws them, but with stops. Images come in small batches, cut to [0, 1].

    Args:
        labels: int64 (n, F), or None.
        counter: counts the network calls of the first batch, which are those of each sample.
    """
    chunks: list[Tensor] = []
    for rows in torch.arange(n).split(n if spec.kind == "points" else DRAWN_AT_ONCE):
        label = None if labels is None else labels[rows].to(model.device)
        x, told = torch.empty(0), {"label": label, "settings": settings, "generator": generator}
        if "sample_steps" in model.capabilities(spec):
            steps: Iterator[SampleStep] = model.sample_steps(len(rows), **told)
        else:
            steps = (SampleStep(1, 1, model.sample(len(rows), **told)) for _ in range(1))
        while True:
            state = _next(steps, None if chunks else counter)
            if state is None:
                break
            x = state.x
            yield
        chunks.append(x.cpu())
    samples = torch.cat(chunks)
    return samples.clamp(0, 1) if spec.kind == "images" else samples


def some(split: Batch, n: int, seed: int = 0) -> Tensor:
    """At most n examples of a split in random order, on the CPU."""
    order = torch.randperm(len(split), generator=stream(seed, "examine/rows"))
    return split.x.cpu()[order[:n]]


def _next(steps: Iterator[SampleStep], counter: CallCounter | None) -> SampleStep | None:
    """The sampler's next state; between two of them nobody counts, since others may ask the same model then."""
    if counter is None:
        return next(steps, None)
    with counter:
        return next(steps, None)
