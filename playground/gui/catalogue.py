"""What there is to open in the window: families, data sets, presets, runs; all of it found without torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import paths, registry
from playground.core.experiment import Experiment
from playground.registry import Card

if TYPE_CHECKING:
    import numpy as np


class Catalogue:
    """Every session offers it, so that a panel needs to know of nothing else."""

    @staticmethod
    def models() -> Mapping[str, Card]:
        """All families."""
        return registry.models()

    @staticmethod
    def data_sets() -> Mapping[str, Card]:
        """All data sets."""
        return registry.data()

    @staticmethod
    def preset(model: str, data: str) -> dict[str, Any]:
        """The tuned settings for a pair."""
        return registry.preset(model, data)

    @staticmethod
    def bundled_runs() -> Mapping[str, Path]:
        """The bundled runs."""
        return registry.pretrained()

    @staticmethod
    def default_run(family: str) -> str:
        """The bundled run to begin with: the first data set that can be seen from the last row and has one, or ""."""
        bundled = registry.pretrained()
        names = (f"{family}-{data}" for data in ("strokes", "digits", *registry.data()))
        return next((name for name in names if name in bundled), "")

    @staticmethod
    def has_run(run: str) -> bool:
        """Whether a run of that folder or name can be opened."""
        return bool(run) and (run in registry.pretrained() or (Path(run) / "manifest.json").is_file())

    @staticmethod
    def keep_drawing(density: "np.ndarray", count: int, seed: int, name: str) -> str:
        """Draws points from a painted density and keeps them; returns the name of that data set.

        Raises PlaygroundError where nothing is painted, the name does not do, or the disk refuses.
        """
        from playground.core import painted

        points = painted.points_of(density, count, seed)
        about = f"{count} points from a painted density, seed {seed}"
        return f"drawn:{painted.keep(points, paths.drawn(), name, about)}"

    @staticmethod
    def drawings() -> list[Path]:
        """Points that were drawn in this window before, the newest first."""
        files = [(file.stat().st_mtime, file) for file in paths.drawn().glob("*.csv")]
        return [file for _, file in sorted(files, reverse=True)]

    @staticmethod
    def source(model: str) -> str:
        """The code of a family's own file."""
        return registry.source(model)

    @staticmethod
    def stored_facts(run: str) -> dict[str, Any]:
        """What a bundled run's files say of its model without torch: enough to draw it before it is there."""
        experiment = Experiment.load(registry.pretrained()[run] / "experiment.json")
        card = registry.data().get(experiment.data.partition(":")[0])
        kind = "points" if card is not None and card.group in ("plane", "line") else "images"
        return {"kind": kind, "data": experiment.data, "conditional": False, "latent_dim": 0, **experiment.config}

    @staticmethod
    def save_animation(frames: "np.ndarray", path: Path) -> None:
        """Writes images (T, C, H, W) as a GIF, whole or not at all. Raises PlaygroundError where that fails."""
        from playground.evaluation.pictures import save_film

        save_film(frames, path)
