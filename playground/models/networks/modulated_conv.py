"""A convolution that a style steers.

Karras et al. 2020 (StyleGAN2, arXiv 1912.04958), section 2.2.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ModulatedConv(nn.Module):
    """A 3x3 convolution whose style (B, w) scales each channel it reads; demodulation gives every output unit variance
    for unit inputs. Scaling input and output is the same as scaling the weights, and needs no kernel a sample."""

    def __init__(self, channels_in: int, channels_out: int, style_dim: int, size: int = 3, demodulate: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in, size, size))
        nn.init.normal_(self.weight, std=(channels_in * size**2) ** -0.5)
        self.bias = nn.Parameter(torch.zeros(channels_out, 1, 1))
        self.style = nn.Linear(style_dim, channels_in)
        nn.init.normal_(self.style.weight, std=style_dim**-0.5)
        nn.init.ones_(self.style.bias)
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:  # (B, C_in, H, W), (B, style) -> (B, C_out, H, W)
        style = self.style(w)  # (B, C_in)
        h = F.conv2d(x * style[:, :, None, None], self.weight, padding=self.weight.shape[-1] // 2)
        if self.demodulate:
            length = style.square() @ self.weight.square().sum(dim=(2, 3)).T  # (B, C_out): of each modulated filter
            h = h * (length + 1e-8).rsqrt()[:, :, None, None]
        return h + self.bias
