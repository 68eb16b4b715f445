"""What answers questions about a run beside its model, by the name that a query has as its target."""

from playground.core.data import Dataset
from playground.core.job import Helper
from playground.evaluation.alarms import AlarmWatch
from playground.evaluation.bound import BoundLab
from playground.evaluation.census import Census
from playground.evaluation.copying import Copying
from playground.evaluation.examiner import Examiner
from playground.evaluation.gaussians import Gaussians
from playground.evaluation.latent import LatentLab
from playground.evaluation.layers import Layers
from playground.evaluation.memorisation import Neighbours
from playground.evaluation.moments import Moments
from playground.evaluation.pixels import PixelLab
from playground.evaluation.sweep import Sweep


def helpers(dataset: Dataset) -> dict[str, Helper]:
    """All of them, for one data set."""
    return {
        "alarms": AlarmWatch(dataset),
        "layers": Layers(),
        "latent": LatentLab(dataset),
        "copying": Copying(dataset),
        "evaluation": Examiner(dataset),
        "gaussians": Gaussians(dataset),
        "neighbours": Neighbours(dataset),
        "sweep": Sweep(dataset),
        "census": Census(dataset),
        "moments": Moments(dataset),
        "bound": BoundLab(dataset),
        "pixels": PixelLab(dataset),
    }
