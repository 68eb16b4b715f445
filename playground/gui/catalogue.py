"""What there is to open in the window: families, data sets, presets, runs; all of it found without torch."""

import ast
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import paths, registry
from playground.core.aside import Aside
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.evaluation.failures import Failure, failures
from playground.registry import Card

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class StoredRun:
    """A run on disk, as its experiment tells without opening it.

    Attributes:
        run: what it is opened by: a bundled run's name, or a folder.
        experiment: what it is.
        changed: when it was last written, in seconds since 1970; 0 for a bundled run.
    """

    run: str
    experiment: Experiment
    changed: float = 0.0

    @property
    def title(self) -> str:
        """A bundled run's name; one's own by its family and when it was last trained."""
        if not self.changed:
            return f"{self.run} (bundled)"
        when = time.strftime("%d %b %H:%M", time.localtime(self.changed))
        return f"{registry.models()[self.experiment.model].title}, {when}"


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
    def preset(model: str, data: str, name: str = "") -> dict[str, Any]:
        """The tuned settings for a pair, or others by name."""
        return registry.preset(model, data, name)

    @staticmethod
    def failures() -> list[Failure]:
        """The failure gallery."""
        return failures()

    @staticmethod
    def bundled_runs() -> Mapping[str, Path]:
        """The bundled runs."""
        return registry.pretrained()

    @staticmethod
    def default_run(family: str) -> str:
        """The bundled run to begin with, or "": on the data that the family's CARD names, else on the first data that
        can be seen from the last row and have one."""
        bundled = registry.pretrained()
        own = registry.models()[family].extra.get("opens_on", "strokes")
        names = (f"{family}-{data}" for data in (own, "strokes", "digits", *registry.data()))
        return next((name for name in names if name in bundled), "")

    @staticmethod
    def runs_on(data: str, options: Mapping[str, object]) -> list[StoredRun]:
        """Runs that learned this data under these settings: the bundled ones, then one's own, the newest first. Folders
        that cannot be read and models that are not installed are left out."""
        own = [(file.stat().st_mtime, file.parent) for file in paths.runs().glob("*/manifest.json")]
        folders = [(name, path, 0.0) for name, path in registry.pretrained().items()]
        folders += [(str(path), path, changed) for changed, path in sorted(own, reverse=True)]
        wanted = registry.data_options(data, options)
        found = []
        for run, path, changed in folders:
            with suppress(PlaygroundError, OSError):  # damaged, or settings that this version does not know
                experiment = Experiment.load(path / "experiment.json")
                known = experiment.model in registry.models()
                if known and experiment.data == data and registry.data_options(data, experiment.data_options) == wanted:
                    found.append(StoredRun(run, experiment, changed))
        return found

    @staticmethod
    def has_learned(run: str, data: str, options: Mapping[str, object]) -> bool:
        """Whether there is a bundled run of that name, and this data under these settings is what it learned."""
        folder = registry.pretrained().get(run)
        if folder is None or not data:
            return False
        experiment = Experiment.load(folder / "experiment.json")
        wanted = registry.data_options(data, options)
        return experiment.data == data and registry.data_options(data, experiment.data_options) == wanted

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
    def parse(code: str) -> ast.Module:
        """The tree of some code, whatever other threads parse meanwhile. Raises SyntaxError."""
        return registry.parse(code)

    @staticmethod
    def stored_facts(run: str) -> dict[str, Any]:
        """What a bundled run's files say of its model without torch: enough to draw it before it is there."""
        experiment = Experiment.load(registry.pretrained()[run] / "experiment.json")
        card = registry.data().get(experiment.data.partition(":")[0])
        kind = "points" if card is not None and card.group in ("plane", "line") else "images"
        return {"kind": kind, "data_name": experiment.data, "conditional": False, "latent_dim": 0, **experiment.config}

    @staticmethod
    def save_animation(frames: "np.ndarray", path: Path) -> Aside[object]:
        """Writes images (T, C, H, W) as a GIF, whole or not at all, in a thread of its own: that takes half a second.
        It gives a sentence: what was written, or why nothing was."""

        def work() -> str:
            from playground.evaluation.pictures import save_film

            try:
                save_film(frames, path)
            except PlaygroundError as error:
                return f"{error} Choose another place."
            return f"Wrote {path}."

        return Aside(work, name="playground-film")
