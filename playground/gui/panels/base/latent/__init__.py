"""The latent lab: whatever can be done with the code of a model that decodes."""

from playground.gui.panels.base.latent.view import LatentView

__all__ = ["LatentView"]
