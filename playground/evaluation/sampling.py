"""Samples of a run as a file: a picture, an animation of the sampler's steps, or an array."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from playground.core.errors import UsageError
from playground.core.hyperparams import changed
from playground.core.random import stream
from playground.core.whole_file import whole_file
from playground.evaluation.labels import parse_label, sample_labels
from playground.evaluation.pictures import save_animation, sheet
from playground.registry import OpenRun

KINDS = (".png", ".gif", ".npz")
MOST = 100_000
MOST_ANIMATED = 400  # each step of an animation shows them all
CHUNK = 1000  # drawn at a time, which bounds the memory; another number would give other samples


@dataclass(frozen=True)
class Drawn:
    """Samples, ready to be written.

    Attributes:
        frames: the sampler's states, each (N, *shape); only the last where no animation was asked for.
        labels: what was asked for, (N,) or (N, F); None for an unconditional model.
        factors: names of the columns of `labels`.
        extent: half the side of the square in which points are drawn.
    """

    frames: tuple[np.ndarray, ...]
    labels: np.ndarray | None
    factors: tuple[str, ...]
    extent: float

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all. Raises PlaygroundError where that fails."""
        with whole_file(path, "samples") as part:
            self._write(part)

    def _write(self, path: Path) -> None:
        if path.suffix == ".npz":
            arrays = {"samples": self.frames[-1].astype(np.float32)}
            if self.labels is not None:
                arrays["labels"] = self.labels
            if self.labels is not None and self.labels.ndim == 2:
                arrays["factors"] = np.array(self.factors)
            np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
        elif path.suffix == ".gif":
            save_animation([sheet(frame, self.extent) for frame in self.frames], path)
        else:
            sheet(self.frames[-1], self.extent).save(path)


def check_file(path: Path) -> None:
    """Raises UsageError where samples cannot be written to a file of this name, whatever they are."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it, such as {path / 'samples.png'}.")
    _check_kind(path.suffix.lower())


def draw(
    run: OpenRun, count: int, seed: int, label: str | None = None, options: Mapping[str, object] | None = None,
    suffix: str = ".npz",
) -> Drawn:  # fmt: skip
    """Draws `count` samples. Without a label a conditional model gives each class in turn.

    Raises UsageError for an unknown kind of file, label or setting, for too few or too many samples, and where the
    model cannot do what is asked.
    """
    model, spec = run.model, run.dataset.spec
    _check_kind(suffix)
    _check_count(count, suffix)
    can = model.capabilities(spec)
    if "sample" not in can:
        raise UsageError(f"{run.experiment.model} recognises data; it cannot sample.")
    if suffix == ".gif" and "sample_steps" not in can:
        raise UsageError(f"{run.experiment.model} samples in one step, and a GIF shows steps. Use .png.")
    settings = changed(model.SampleSettings(), dict(options or {}))
    generator = stream(seed, "sampling", model.device)
    labels = _labels(run, count, label)
    on_device = labels.to(model.device) if labels is not None else None
    if suffix == ".gif":
        steps = model.sample_steps(count, label=on_device, settings=settings, generator=generator)
        frames = [step.x.cpu() for step in steps]
    else:
        chunks = []
        for start in range(0, count, CHUNK):
            some = on_device[start : start + CHUNK] if on_device is not None else None
            size = min(CHUNK, count - start)
            chunks.append(model.sample(size, label=some, settings=settings, generator=generator).cpu())
        frames = [torch.cat(chunks)]
    if spec.kind == "images":
        frames = [frame.clamp(0, 1) for frame in frames]
    columns = None if labels is None else labels.squeeze(1).numpy() if labels.shape[1] == 1 else labels.numpy()
    names = tuple(factor.name for factor in spec.factors if factor.size)
    return Drawn(tuple(frame.numpy() for frame in frames), columns, names, spec.extent)


def _check_kind(suffix: str) -> None:
    if suffix not in KINDS:
        raise UsageError(f"Samples are written as {', '.join(KINDS)}, not '{suffix}'.")


def _check_count(count: int, suffix: str) -> None:
    if count < 1:
        raise UsageError("Ask for at least one sample: --count 1.")
    if count > MOST:
        raise UsageError(f"Ask for at most {MOST:,} samples at a time, not {count:,}; another --seed gives others.")
    if suffix == ".gif" and count > MOST_ANIMATED:
        raise UsageError(f"A GIF shows at most {MOST_ANIMATED} samples, not {count:,}; use .png or .npz for more.")


def _labels(run: OpenRun, count: int, label: str | None) -> Tensor | None:
    """int64 (count, F); each class in turn where no label is named."""
    if not run.model.conditional:
        if label is not None:
            raise UsageError(f"This {run.experiment.model} was trained without labels; leave out --label.")
        return None
    if label is None:
        return sample_labels(run.dataset.spec, count)
    return torch.tensor(parse_label(run.dataset.spec, label)).expand(count, -1)
