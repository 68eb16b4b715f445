"""The network of a diffusion model: (x_t, t, label) -> what it is asked to predict."""

from torch import Tensor, nn

from playground.core.data import DataSpec
from playground.models.networks.embedding import LabelEmbedding, sinusoids
from playground.models.networks.mlp import ModulatedMLP, mlp
from playground.models.networks.unet import UNet


class Denoiser(nn.Module):
    """A U-Net for images, a modulated MLP for points; all numbers in units where data has about unit size.

    Args:
        spec: of the data.
        width: channels of the U-Net at full size; on points four times as many units.
        timesteps: how many times t there are.
        conditional: whether it is told the label.
    """

    def __init__(self, spec: DataSpec, width: int, timesteps: int, conditional: bool) -> None:
        super().__init__()
        self.hidden, self.timesteps = 4 * width, timesteps
        self.time = mlp(self.hidden, self.hidden, self.hidden)
        self.label = LabelEmbedding(spec.classes, self.hidden) if conditional and spec.classes else None
        self.body: nn.Module
        if spec.kind == "points":
            self.body = ModulatedMLP(spec.dims, self.hidden, depth=4, condition_dim=self.hidden)
        else:
            self.body = UNet(spec.shape[0], width, spec.shape[1], condition_dim=self.hidden)

    def layers(self) -> dict[str, nn.Module]:
        """What makes maps of an image, by name; nothing on points."""
        return self.body.layers() if isinstance(self.body, UNet) else {}

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:  # (B, *shape), (B,), (B, F)
        condition = self.time(sinusoids(t * (1000.0 / self.timesteps), self.hidden))  # (B, hidden)
        if self.label is not None and label is not None:
            condition = condition + self.label(label)
        return self.body(x, condition)
