"""What a latent code means: how far each direction moves the output, and which known factor it explains.

The same definitions for every family that decodes. With an encoder the codes are those of the held-out examples, whose
factors are known; without one they are drawn from the prior, and the project's own classifier reads the factors off
what they decode to. Long questions are answered in steps, so that a window stays served while they are worked on.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import GenerativeModel, SampleStep
from playground.evaluation.features import Yardstick

NUDGED = 32  # codes at which each axis is tried out; fewer where there are many axes
MOST_NUDGES = 1024  # codes times axes
DRAWN = 2000  # codes from the prior, for a model without encoder
AT_A_TIME = 128  # images decoded or encoded in one piece


class LatentLab:
    """Answers questions about the codes of models of one data set.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"directions", "attributes"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._judges: list[Yardstick | None] = []  # opened when it is first needed

    # -- questions ----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def directions(
        self, model: GenerativeModel, basis: str, generator: torch.Generator, label: Tensor | None = None
    ) -> Iterator[SampleStep]:
        """Orthonormal directions of z, those that matter most first.

        `basis`: "axes" are the axes themselves, by their effect on the output: the mean absolute change between -1 and
        +1 sigma along each, over codes from the prior. "principal" are, with an encoder, the principal directions of
        the codes of held-out examples; without one, those along which the output changes most: the eigenvectors of the
        mean of JᵀJ, J the slope between -1 and +1 sigma. `label`: (1, F), the class that is decoded.

        The last step's x holds the directions as columns, (Z, Z); its views ``share`` (Z,), how much of the change or
        of the variance each one makes; ``r2`` (Z, K), how much of each of the K factors, discrete ones first, it
        explains; and ``judged``, whether a classifier read those factors. K is 0 where nobody knows them.
        """
        z_dim, encodes = model.latent_dim, self._encodes(model)
        rounds = max(1, min(NUDGED, MOST_NUDGES // z_dim))
        total = rounds + self._pieces(model)
        effect, gram = torch.zeros(z_dim), torch.zeros(z_dim, z_dim)
        for i in range(rounds):
            change = self._change(model, generator, label)  # (Z, D)
            effect += change.abs().mean(dim=1) / rounds
            gram += change @ change.T / (4 * rounds)
            yield SampleStep(i, total, torch.empty(0))
        pieces = []
        for piece in self._codes(model, generator, told=True):
            pieces.append(piece)
            yield SampleStep(rounds + len(pieces) - 1, total, torch.empty(0))
        codes, factors = (torch.cat(parts) for parts in zip(*pieces, strict=True))
        if basis == "axes":
            order = effect.argsort(descending=True, stable=True)
            columns, share = torch.eye(z_dim)[:, order], effect[order]
        else:
            columns, share = principal(torch.cov(codes.T).reshape(z_dim, z_dim) if encodes else gram)
        views = {
            "share": share / share.sum().clamp(min=1e-12),
            "r2": self._explained(codes @ columns, factors),
            "judged": torch.tensor(not encodes),
        }
        yield SampleStep(total, total, columns, views)

    @torch.no_grad()
    def attributes(self, model: GenerativeModel, generator: torch.Generator) -> Iterator[SampleStep]:
        """The mean code of the examples that have an attribute: each value of each discrete factor, then the lowest and
        the highest third of each continuous one, label left open.

        The last step's x is (A, Z), NaN for an attribute that no example has; its views ``count`` (A,) and ``judged``.
        """
        pieces, total = [], self._pieces(model)
        for piece in self._codes(model, generator, told=False):
            pieces.append(piece)
            yield SampleStep(len(pieces) - 1, total, torch.empty(0))
        codes, factors = (torch.cat(parts) for parts in zip(*pieces, strict=True))
        members = self._members(factors)  # (N, A)
        count = members.sum(dim=0)
        means = members.T @ codes / count[:, None]  # 0 / 0 is NaN
        yield SampleStep(total, total, means, {"count": count, "judged": torch.tensor(not self._encodes(model))})

    # -- codes whose factors are known --------------------------------------------------------------------------------

    def _encodes(self, model: GenerativeModel) -> bool:
        return "encode" in model.capabilities(self._dataset.spec)

    def _pieces(self, model: GenerativeModel) -> int:
        n = len(self._dataset.test) if self._encodes(model) else DRAWN
        return -(-min(n, DRAWN) // AT_A_TIME)

    def _codes(self, model: GenerativeModel, generator: torch.Generator, told: bool) -> Iterator[tuple[Tensor, Tensor]]:
        """Codes (B, Z) in pieces with their factors (B, K), discrete ones first; K is 0 where they are not known.
        `told`: a conditional model is told the label, else it is left open."""
        spec = self._dataset.spec
        factors = len(spec.classes) + len(spec.continuous)
        if self._encodes(model):
            held_out = self._dataset.test
            for rows in torch.arange(min(len(held_out), DRAWN)).split(AT_A_TIME):
                batch = held_out.take(rows.to(held_out.x.device)).to(model.device)
                z = model.encode(batch.x, batch.labels if told and model.conditional else None)
                yield z.cpu(), torch.cat([batch.labels.float(), batch.measures], dim=1).cpu()
            return
        judge = self._judge() if factors else None
        for rows in torch.arange(DRAWN).split(AT_A_TIME):
            z = torch.randn(len(rows), model.latent_dim, generator=generator, device=model.device)
            label = self._any_label(len(rows), generator) if told and model.conditional else None
            if judge is None:
                yield z.cpu(), torch.empty(len(rows), 0)
            else:
                x = model.decode(z, label)
                yield z.cpu(), torch.cat([judge.labels(x).float(), judge.measures(x)], dim=1)

    def _judge(self) -> Yardstick | None:
        if not self._judges:
            self._judges.append(Yardstick.bundled(self._dataset.spec, "cpu"))
        return self._judges[0]

    def _any_label(self, n: int, generator: torch.Generator) -> Tensor:
        """Labels (n, F), each as likely as any other."""
        draw = [
            torch.randint(k, (n,), generator=generator, device=generator.device) for k in self._dataset.spec.classes
        ]
        return torch.stack(draw, dim=1)

    @staticmethod
    def _change(model: GenerativeModel, generator: torch.Generator, label: Tensor | None) -> Tensor:
        """decode(z + 1) - decode(z - 1) along each axis at a code from the prior, (Z, D)."""
        z = torch.randn(1, model.latent_dim, generator=generator, device=model.device)
        nudges = torch.eye(model.latent_dim, device=model.device)
        pieces = []
        for nudge in nudges.split(AT_A_TIME):
            told = None if label is None else label.expand(2 * len(nudge), -1)
            above, below = model.decode(torch.cat([z + nudge, z - nudge]), told).flatten(1).chunk(2)
            pieces.append((above - below).cpu())
        return torch.cat(pieces)

    def _explained(self, codes: Tensor, factors: Tensor) -> Tensor:
        """R² (Z, K) of each direction for each factor."""
        if factors.shape[1] == 0:
            return torch.zeros(codes.shape[1], 0)
        return torch.stack([explained(codes, target) for target in self._targets(factors)], dim=1)

    def _targets(self, factors: Tensor) -> list[Tensor]:
        """Discrete factors one-hot (N, size), continuous ones as they are (N, 1)."""
        sizes = self._dataset.spec.classes
        hot = [torch.nn.functional.one_hot(factors[:, i].long(), size).float() for i, size in enumerate(sizes)]
        return hot + [factors[:, i : i + 1] for i in range(len(sizes), factors.shape[1])]

    def _members(self, factors: Tensor) -> Tensor:
        """Who has which attribute, 0 or 1, (N, A)."""
        if factors.shape[1] == 0:
            return torch.zeros(len(factors), 0)
        members: list[Tensor] = []
        for target in self._targets(factors):
            if target.shape[1] == 1 and len(members) >= len(self._dataset.spec.classes):
                low, high = target.quantile(1 / 3), target.quantile(2 / 3)
                target = torch.cat([target <= low, target >= high], dim=1).float()
            members.append(target)
        return torch.cat(members, dim=1)


def explained(codes: Tensor, target: Tensor) -> Tensor:
    """R² of a straight line from each direction (N, Z) to a factor (N, K), a column a number: fitted on every other
    row, measured on the rest, never below 0; (Z,). Of a one-hot factor the squares of its columns are summed."""
    z, y = codes[::2], target[::2]
    z_mean, y_mean = z.mean(dim=0), y.mean(dim=0)
    slope = (z - z_mean).T @ (y - y_mean) / (z - z_mean).square().sum(dim=0).clamp(min=1e-12)[:, None]  # (Z, K)
    z, y = codes[1::2] - z_mean, target[1::2]
    guess = y_mean + z[:, :, None] * slope  # (N, Z, K)
    missed = (y[:, None] - guess).square().sum(dim=(0, 2))  # (Z,)
    spread = (y - y.mean(dim=0)).square().sum()
    return (1 - missed / spread.clamp(min=1e-12)).clamp(min=0)


def principal(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors of a symmetric matrix (Z, Z) as columns, the largest eigenvalue first, and the eigenvalues; the
    largest number of each eigenvector is positive, so that it does not flip from one time to the next."""
    values, vectors = torch.linalg.eigh(matrix)
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    sign = vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True)).sign()  # (1, Z)
    return vectors * sign, values
