"""Other people's libraries, doing the work that ours does. Where one is not installed there is nothing to compare with,
and that is what is said.

Each trains as its own documentation does: its own networks, its loss, its optimizer. None keeps an average of the
weights, as ours does all the while. U-Nets are made as wide as comes nearest to the work of ours.
"""

import importlib
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground.bench.race import Way, gflop

DIFFUSERS, LUCIDRAINS, PYTHAE = "diffusers", "denoising-diffusion-pytorch", "pythae"
NOT_INSTALLED = "not installed"
_CLIP = 1.0
_TIMES = 1000


def is_installed(name: str) -> bool:
    """Whether a peer can be used here: one that is there but cannot be imported is of no use."""
    try:
        importlib.import_module(name.replace("-", "_"))
    except (ImportError, RuntimeError, AttributeError):
        return False
    return True


def unet(name: str, side: int, multiples: tuple[int, ...], work: float) -> nn.Module:
    """A peer's U-Net for gray images, with so many times the channels of the first level at each level, whose forward
    pass is as near to `work` GFLOP an image as its width allows."""
    build = _diffusers_unet if name == DIFFUSERS else _lucidrains_unet
    x, t = torch.zeros(1, 1, side, side, device="meta"), torch.zeros(1, dtype=torch.int64, device="meta")

    def miss(width: int) -> float:
        with torch.device("meta"):
            network = build(side, multiples, width).requires_grad_(False)
            return abs(gflop(lambda: network(x, t)) - work)

    return build(side, multiples, min(range(8, 65, 4), key=miss))


def _diffusers_unet(side: int, multiples: tuple[int, ...], width: int) -> nn.Module:
    from diffusers import UNet2DModel

    network: Any = UNet2DModel(
        sample_size=side, in_channels=1, out_channels=1, layers_per_block=1, norm_num_groups=4,
        block_out_channels=tuple(width * multiple for multiple in multiples),
        down_block_types=("DownBlock2D",) * len(multiples), up_block_types=("UpBlock2D",) * len(multiples),
    )  # fmt: skip
    return network


def _lucidrains_unet(side: int, multiples: tuple[int, ...], width: int) -> nn.Module:
    from denoising_diffusion_pytorch import Unet

    network: Any = Unet(dim=width, channels=1, dim_mults=multiples)
    return network


def train_unet(name: str, network: nn.Module, batches: Callable[[], Tensor]) -> Way:
    """A training step of a peer on images in [0, 1]."""
    if name == DIFFUSERS:
        return _train_diffusers(network, batches)
    from denoising_diffusion_pytorch import GaussianDiffusion

    diffusion = GaussianDiffusion(network, image_size=batches().shape[-1], objective="pred_noise")
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=8e-5, betas=(0.9, 0.99))

    def step() -> None:
        diffusion(batches()).backward()
        nn.utils.clip_grad_norm_(diffusion.parameters(), _CLIP)
        optimizer.step()
        optimizer.zero_grad()

    return step


def _train_diffusers(network: nn.Module, batches: Callable[[], Tensor]) -> Way:
    from diffusers import DDPMScheduler

    scheduler: Any = DDPMScheduler(_TIMES)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)

    def step() -> None:
        x = batches() * 2 - 1
        noise, t = torch.randn(x.shape), torch.randint(_TIMES, (len(x),))
        predicted = network(scheduler.add_noise(x, noise, t), t, return_dict=False)[0]
        F.mse_loss(predicted, noise).backward()
        nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimizer.step()
        optimizer.zero_grad()

    return step


def sample_unet(name: str, network: nn.Module, count: int, side: int, steps: int) -> Way:
    """So many images by so many steps of a peer's DDIM sampler, which adds no noise."""
    if name == DIFFUSERS:
        return diffusers_loop(lambda x, t: network(x, t, return_dict=False)[0], count, side, steps)
    from denoising_diffusion_pytorch import GaussianDiffusion

    inner: Any = importlib.import_module("denoising_diffusion_pytorch.denoising_diffusion_pytorch")
    inner.tqdm = lambda steps, **_: steps  # a bar would cost time and fill the screen
    diffusion = GaussianDiffusion(network, image_size=side, objective="pred_noise", sampling_timesteps=steps)

    def sample() -> None:
        diffusion.sample(count)

    return sample


def diffusers_loop(predict: Callable[[Tensor, Tensor], Tensor], count: int, side: int, steps: int) -> Way:
    """The loop of diffusers' DDIM pipeline around any network that predicts noise."""
    from diffusers import DDIMScheduler

    scheduler: Any = DDIMScheduler(_TIMES)
    scheduler.set_timesteps(steps)

    def sample() -> None:
        with torch.no_grad():
            x = torch.randn(count, 1, side, side)
            for t in scheduler.timesteps:
                x = scheduler.step(predict(x, t), t, x).prev_sample

    return sample


def train_pythae(dims: int, hidden: int, latent: int, batches: Callable[[], Tensor]) -> Way:
    """A training step of pythae's VAE with networks of the same widths as ours."""
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(dims, hidden, hidden, 2 * latent)

        def forward(self, x: Tensor) -> Any:
            mean, log_variance = self.layers(x.flatten(1)).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = _mlp(latent, hidden, hidden, dims)

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=self.layers(z).sigmoid())

    config = VAEConfig(input_dim=(dims,), latent_dim=latent, reconstruction_loss="bce")
    model = VAE(config, Encoder(), Decoder())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        model({"data": batches()}).loss.backward()
        optimizer.step()

    return step


def _mlp(dims_in: int, *widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(dims_in, width), nn.SiLU()]
        dims_in = width
    return nn.Sequential(*layers[:-1])
