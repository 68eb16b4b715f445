"""The style GAN in the window: styles mixed, truncated and walked through, noise on and off, each layer's maps."""

from playground.gui.panels.base import LatentView, LensView, ModelPanel, SampleView, TrainView
from playground.gui.panels.stylegan.truncation import TruncationLens


class Inside(LensView):
    """What the style does, layer by layer."""

    lens_classes = (TruncationLens,)


class Panel(ModelPanel):
    """The style GAN in the window."""

    view_classes = (TrainView, SampleView, Inside, LatentView)
