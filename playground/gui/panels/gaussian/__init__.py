"""The Gaussian mixture in the window: density, likelihood and KL, seen on the line, in the plane and on images."""

from playground.gui.panels.base import LensView, ModelPanel, SampleView, TrainView
from playground.gui.panels.gaussian.clouds import CloudsLens
from playground.gui.panels.gaussian.images import ImagesLens
from playground.gui.panels.gaussian.line import LineLens
from playground.gui.panels.gaussian.mass import MassLens
from playground.gui.panels.gaussian.plane import PlaneLens
from playground.gui.panels.gaussian.steps import StepsLens


class Inside(LensView):
    """What a density is, and how likelihood fits one."""

    lens_classes = (LineLens, StepsLens, PlaneLens, CloudsLens, MassLens, ImagesLens)


class Panel(ModelPanel):
    """The Gaussian mixture in the window; it opens on the line."""

    view_classes = (TrainView, SampleView, Inside)
    first_view = "Inside"
