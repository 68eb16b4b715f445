"""The same weights sampled in other ways: how many steps by which sampler, and how strong the guidance."""

from collections.abc import Mapping
from typing import Any, ClassVar

from playground.gui.panels.base.sweep_lens import SEEDS, SweepLens


class DiffusionSweep(SweepLens):
    """Settled with the first seed: a sampler of many calls takes its time, and what follows only narrows the bars."""

    images = 40

    def is_settled(self) -> bool:
        return super().is_settled() or bool(self._found and all(seed != SEEDS[0] for seed, *_ in self._left))


class SamplersLens(DiffusionSweep):
    """Steps from few to many, by each sampler, from the same first noise."""

    key = "samplers"
    title = "Samplers"
    tooltip = "The same weights sampled by DDIM, DDPM and Heun: quality against the number of network calls"
    setting, words = "steps", "steps"
    values = (2, 4, 8, 16)
    series: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "DDIM, η = 0": {"sampler": "ddim", "eta": 0.0},
        "DDPM": {"sampler": "ddpm"},
        "Heun": {"sampler": "heun"},
    }
    first = "cost"

    def settings(self, value: float) -> dict[str, object]:
        return {"steps": int(value), "guidance": 1.0}  # guidance would call the network twice


class GuidanceSweepLens(DiffusionSweep):
    """Guidance from none to far too much."""

    key = "scale"
    title = "Guidance w"
    tooltip = "What the guidance scale does: truer to the label, less varied"
    setting, words = "guidance", "w"
    values = (0.0, 1.0, 2.0, 4.0, 8.0)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return super().fits(facts) and bool(facts["conditional"])
