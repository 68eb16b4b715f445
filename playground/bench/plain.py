"""Training loops as one would write them at once and well, around the same networks that ours trains: batches by slices
of a shuffled order, the optimizer as it comes, nothing kept but the weights."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground.bench.race import Way

LAZY = 8  # steps between two penalties, as ours


def batches_of(x: Tensor, size: int) -> Callable[[], Tensor]:
    """Batches of shuffled examples, epoch after epoch."""
    order, place = torch.randperm(len(x)), 0

    def take() -> Tensor:
        nonlocal order, place
        if place + size > len(x):
            order, place = torch.randperm(len(x)), 0
        place += size
        return x[order[place - size : place]]

    return take


def train_gan(
    generator: nn.Module, discriminator: nn.Module, latent: int, penalty: float, batches: Callable[[], Tensor]
) -> Way:
    """The non-saturating game with R1 at every eighth step; no labels."""
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.99))
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.0, 0.99))
    count = 0

    def step() -> None:
        nonlocal count
        x = batches()
        with torch.no_grad():
            made = generator(torch.randn(len(x), latent), None)
        loss = F.softplus(-discriminator(x, None)).mean() + F.softplus(discriminator(made, None)).mean()
        if count % LAZY == 0:
            x.requires_grad_(True)
            (slope,) = torch.autograd.grad(discriminator(x, None).sum(), x, create_graph=True)
            loss = loss + LAZY * penalty / 2 * slope.flatten(1).square().sum(1).mean()
        count += 1
        optimizer_d.zero_grad()
        loss.backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        F.softplus(-discriminator(generator(torch.randn(len(x), latent), None), None)).mean().backward()
        optimizer_g.step()

    return step


def train_autoregressive(network: nn.Module, levels: int, batches: Callable[[], Tensor]) -> Way:
    """The cross-entropy of each gray level given those before it; a network of masked convolutions, no labels."""
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)

    def step() -> None:
        level = (batches() * (levels - 1)).round().long()[:, 0]  # (B, H, W)
        seen = F.one_hot(level, levels).permute(0, 3, 1, 2).float()
        loss = F.cross_entropy(network(seen, None), level, reduction="sum") / len(level)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def train_vae(encoder: nn.Module, decoder: nn.Module, levels: int, batches: Callable[[], Tensor]) -> Way:
    """The bound with binomial pixels; no labels."""
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)

    def step() -> None:
        x = batches().flatten(1)
        mean, log_sigma = encoder(2 * x - 1).chunk(2, dim=1)
        logits = decoder(mean + log_sigma.exp() * torch.randn_like(mean))
        fit = (levels - 1) * F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl = 0.5 * (mean.square() + (2 * log_sigma).exp() - 2 * log_sigma - 1).sum(1)
        optimizer.zero_grad()
        (fit + kl).mean().backward()
        optimizer.step()

    return step
