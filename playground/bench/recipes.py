"""How each library says that a small conditional model of digits is best trained and sampled: ours by its preset, the
others by the network, batch, optimizer and guidance of their own documentation.

diffusers: the class-conditional digits of its makers' course (Hugging Face, Diffusion Models Class, unit 2).
denoising-diffusion-pytorch: the example of its module for classifier-free guidance, and the defaults of its trainer,
which also keeps an average of the weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground import registry
from playground.bench import peers, subjects
from playground.bench.race import Way
from playground.core.data import Batch, Dataset
from playground.core.hyperparams import changed
from playground.core.random import stream
from playground.core.trainer import Trainer

_TIMES = 1000


@dataclass(frozen=True)
class Student:
    """What learns.

    Attributes:
        train: does a little of its training.
        sample: labels (N,) -> images in [0, 1], (N, 1, side, side), drawn as its library recommends.
    """

    train: Way
    sample: Callable[[Tensor], Tensor]


def ours(family: str, data: str, dataset: Dataset, steps: int) -> Student:
    """The preset, as *Train* in the window takes it; `steps` are the sampler's."""
    experiment = registry.experiment(family, data)
    run = Trainer(registry.model_class(family), dataset, experiment)
    settings = changed(type(run.model).SampleSettings(), {"steps": steps})

    def sample(labels: Tensor) -> Tensor:
        run.sampler.config = run.model.config
        return run.sampler.sample(len(labels), label=labels[:, None], settings=settings, generator=stream(0, "bench"))

    return Student(subjects.training(run), sample)


def peer(name: str, train_data: Batch, steps: int) -> Student:
    """Another library's."""
    recipe = _diffusers if name == peers.DIFFUSERS else _lucidrains
    return recipe(train_data, steps)


def _batches(data: Batch, size: int) -> Callable[[], tuple[Tensor, Tensor]]:
    """Examples and their first labels, drawn in a new order each epoch, the last incomplete batch left out."""
    order = torch.empty(0, dtype=torch.int64)

    def take() -> tuple[Tensor, Tensor]:
        nonlocal order
        if len(order) < size:
            order = torch.randperm(len(data))
        chosen, order = order[:size], order[size:]
        return data.x[chosen], data.labels[chosen, 0]

    return take


class _WithLabelMaps(nn.Module):
    """A U-Net to which the label is shown as four more channels, each of one number."""

    def __init__(self, side: int, classes: int) -> None:
        from diffusers import UNet2DModel

        super().__init__()
        self.embedding = nn.Embedding(classes, 4)
        self.network: Any = UNet2DModel(
            sample_size=side, in_channels=1 + 4, out_channels=1, layers_per_block=2, block_out_channels=(32, 64, 64),
            down_block_types=("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        )  # fmt: skip

    def forward(self, x: Tensor, t: Tensor, label: Tensor) -> Tensor:
        maps = self.embedding(label)[:, :, None, None].expand(-1, -1, *x.shape[2:])  # (B, 4, H, W)
        predicted: Tensor = self.network(torch.cat([x, maps], dim=1), t, return_dict=False)[0]
        return predicted


def _diffusers(data: Batch, steps: int) -> Student:
    from diffusers import DDIMScheduler, DDPMScheduler

    network = _WithLabelMaps(data.x.shape[-1], int(data.labels.max()) + 1)
    scheduler: Any = DDPMScheduler(_TIMES, beta_schedule="squaredcos_cap_v2")
    sampler: Any = DDIMScheduler.from_config(scheduler.config)
    sampler.set_timesteps(steps)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    batches = _batches(data, 128)

    def train() -> None:
        x, label = batches()
        x = x * 2 - 1
        noise, t = torch.randn(x.shape), torch.randint(_TIMES, (len(x),))
        loss = F.mse_loss(network(scheduler.add_noise(x, noise, t), t, label), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def sample(labels: Tensor) -> Tensor:
        x = torch.randn(len(labels), *data.x.shape[1:])
        for t in sampler.timesteps:
            x = sampler.step(network(x, t, labels), t, x).prev_sample
        return (x.clamp(-1, 1) + 1) / 2

    return Student(train, sample)


def _lucidrains(data: Batch, steps: int) -> Student:
    from denoising_diffusion_pytorch import classifier_free_guidance as library
    from ema_pytorch import EMA

    library.tqdm = lambda steps, **_: steps  # a bar would cost time and fill the screen
    network = library.Unet(dim=64, num_classes=int(data.labels.max()) + 1, channels=1)
    side = data.x.shape[-1]
    diffusion = library.GaussianDiffusion(network, image_size=side, timesteps=_TIMES, sampling_timesteps=steps)
    average: Any = EMA(diffusion, beta=0.995, update_every=10)
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=1e-4, betas=(0.9, 0.99))
    batches = _batches(data, 16)

    def train() -> None:
        x, label = batches()
        diffusion(x, classes=label).backward()
        nn.utils.clip_grad_norm_(diffusion.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        average.update()

    @torch.no_grad()
    def sample(labels: Tensor) -> Tensor:
        images: Tensor = average.ema_model.sample(classes=labels)
        return images.clamp(0, 1)

    return Student(train, sample)
