"""What every panel is made of: the panel itself, its views, its column of settings."""

from playground.gui.panels.base.latent import LatentView
from playground.gui.panels.base.lens import Lens, LensView
from playground.gui.panels.base.panel import ModelPanel
from playground.gui.panels.base.sampling import SamplingForm
from playground.gui.panels.base.views import SampleView, TrainView, View, captioned

__all__ = [
    "LatentView", "Lens", "LensView", "ModelPanel", "SampleView", "SamplingForm", "TrainView", "View", "captioned",
]  # fmt: skip
