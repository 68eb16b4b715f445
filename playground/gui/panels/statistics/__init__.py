"""Statistics in the window: what is matched and what is left free, and what other losses say of the same fakes."""

from playground.gui.panels.base import LatentView, ModelPanel, SampleView, TrainView
from playground.gui.panels.base.lens import LensView
from playground.gui.panels.statistics.match import MatchLens
from playground.gui.panels.statistics.verdicts import VerdictsLens


class Inside(LensView):
    """What is inside a statistic matcher."""

    lens_classes = (MatchLens, VerdictsLens)


class Panel(ModelPanel):
    """Statistics in the window."""

    view_classes = (TrainView, SampleView, Inside, LatentView)
