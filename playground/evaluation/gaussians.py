"""What Gaussians know of data and of a mixture of them: its parts, its likelihood of all training data, and the one
Gaussian that fits images best, which is known in closed form. Lecture slides 19-26."""

from typing import Any

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.errors import PlaygroundError
from playground.core.model import GenerativeModel

MOST = 5000  # training images that the closed form is computed from
SPARE, ROUNDS = 8, 12  # directions beside those asked for, and rounds, of the subspace iteration
_PARTS = ("mean", "factor", "logits", "labels")


class Gaussians:
    """Answers questions about Gaussians on one data set, see `core.job.Helper`."""

    answers = frozenset({"components", "fit"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    @torch.no_grad()
    def components(self, model: GenerativeModel, generator: torch.Generator) -> dict[str, Tensor]:
        """Of a mixture: `weights` (K,), `means` (K, D), `covariances` (K, D, D), and `log_likelihood` (), the mean of
        log p over all training examples, in nats.

        Raises PlaygroundError for a model that is no such mixture.
        """
        if not all(hasattr(model, part) for part in _PARTS):
            raise PlaygroundError("This model is no mixture of Gaussians.")
        mixture: Any = model
        factor = mixture.factor(mixture.mean.cpu().double())  # (C, D, D); an MPS device has no float64
        k, d = mixture.mean.shape
        x = self._dataset.train.x.to(model.device)
        return {
            "weights": (mixture.labels(None, 1) @ mixture.logits.softmax(dim=1))[0],
            "means": mixture.mean,
            "covariances": (factor @ factor.mT).expand(k, d, d),
            "log_likelihood": mixture.log_density(x, generator).cpu().double().mean(),
        }

    @torch.no_grad()
    def fit(self, model: GenerativeModel, directions: int, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """The Gaussian of greatest likelihood for up to 5000 training images: their own mean and covariance.

        `mean` (*shape); `directions` (k, *shape), the leading eigenvectors of the covariance times their deviations;
        `shares` (k,) of the whole variance; `samples` (count, *shape), not clipped; `used` (), how many images;
        `levels` (), of a pixel.
        """
        spec, device = self._dataset.spec, generator.device
        x = self._dataset.train.x[:MOST].to(device).flatten(1)  # (N, D)
        mean = x.mean(dim=0)
        off = (x - mean) / len(x) ** 0.5  # the covariance is offᵀ off
        basis = torch.randn(off.shape[1], min(directions + SPARE, off.shape[1]), generator=generator, device=device)
        for _ in range(ROUNDS):
            basis = torch.linalg.qr(off.T @ (off @ basis)).Q
        _, deviations, rows = torch.linalg.svd(off @ basis, full_matrices=False)
        vectors = (basis @ rows.T)[:, :directions].T  # (k, D)
        vectors = vectors * vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True)).sign()
        deviations = deviations[:directions]
        noise = torch.randn(count, len(off), generator=generator, device=device)
        return {
            "mean": mean.view(spec.shape),
            "directions": (deviations[:, None] * vectors).view(-1, *spec.shape),
            "shares": deviations.square() / off.square().sum(),
            "samples": (mean + noise @ off).view(-1, *spec.shape),
            "used": torch.tensor(len(x)),
            "levels": torch.tensor(spec.levels or 0),
        }
