"""What every panel is made of: the panel itself, its views, its column of settings.

Each is imported when it is first asked for: the window is painted before the plots in them are there.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.gui.panels.base.latent import LatentView
    from playground.gui.panels.base.lens import Lens, LensView
    from playground.gui.panels.base.panel import ModelPanel
    from playground.gui.panels.base.sampling import SamplingForm
    from playground.gui.panels.base.views import SampleView, TrainView, View, captioned

__all__ = [
    "LatentView", "Lens", "LensView", "ModelPanel", "SampleView", "SamplingForm", "TrainView", "View", "captioned",
]  # fmt: skip
_PLACES = {
    "latent": ("LatentView",),
    "lens": ("Lens", "LensView"),
    "panel": ("ModelPanel",),
    "sampling": ("SamplingForm",),
    "views": ("SampleView", "TrainView", "View", "captioned"),
}


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
