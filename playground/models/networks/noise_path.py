"""How much image and how much noise x_t holds at each time t, and which times a sampler visits.

Linear: Ho et al. 2020; cosine: Nichol, Dhariwal 2021; sigmoid: Jabri et al. 2022; straight: Lipman et al. 2023.
"""

import math

import torch
from torch import Tensor


def noise_path(schedule: str, timesteps: int) -> tuple[Tensor, Tensor]:
    """α_t and σ_t, how much of the image and how much noise x_t holds, at t = 0 .. T-1: (T,) float64 each."""
    if schedule == "straight":  # both ends left out: there an image or noise would be divided by nothing
        sigma = torch.arange(1, timesteps + 1, dtype=torch.float64, device="cpu") / (timesteps + 1)
        return 1 - sigma, sigma
    if schedule == "cosine":

        def level(u: float) -> float:
            return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

        steps = [min(1 - level((i + 1) / timesteps) / level(i / timesteps), 0.999) for i in range(timesteps)]
        betas = torch.tensor(steps, dtype=torch.float64, device="cpu")
    else:
        # The usual ends, 1e-4 and 0.02, are meant for a thousand times; fewer times must destroy as much together.
        # "Unscaled" forgets that, which is a common mistake, and leaves much of the data in x_T.
        more = 1.0 if schedule == "unscaled" else 1000 / timesteps
        first, last = 1e-4 * more, min(0.02 * more, 0.999)
        ramp = torch.linspace(0, 1, timesteps, dtype=torch.float64, device="cpu")
        betas = first + (last - first) * (torch.sigmoid(12 * ramp - 6) if schedule == "sigmoid" else ramp)
    alpha_bar = torch.cumprod(1 - betas, dim=0)  # ᾱ_t = α_t², the share of signal variance; the noise has the rest
    return alpha_bar.sqrt(), (1 - alpha_bar).sqrt()


def sampling_times(timesteps: int, steps: int) -> list[int]:
    """`steps` evenly spaced times from T-1 downwards ("trailing": the first is always the noisiest)."""
    steps = min(steps, timesteps)
    return [round(timesteps - i * timesteps / steps) - 1 for i in range(steps)]


def between(path: Tensor, t: Tensor) -> Tensor:
    """α or σ at times t (B,), which need not be whole: between two times log α, log σ and so λ are linear in t."""
    whole = t.long()
    if not t.is_floating_point():
        return path[whole]
    share = t - whole
    return path[whole] ** (1 - share) * path[(whole + 1).clamp(max=len(path) - 1)] ** share


def log_level(x_0: Tensor, noise: Tensor, signal: Tensor, sigma: Tensor, levels: int) -> Tensor:
    """log p of each number of x_0, one of even `levels` in [-1, 1], given signal · x_0 + sigma · noise: any is as
    likely as it makes that state."""
    state, everything = signal * x_0 + sigma * noise, torch.full_like(x_0, -math.inf)
    for level in torch.linspace(-1, 1, levels).tolist():
        everything = torch.logaddexp(everything, -0.5 * ((state - signal * level) / sigma) ** 2)
    return -0.5 * noise**2 - everything
