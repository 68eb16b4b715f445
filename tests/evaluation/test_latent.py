"""What codes mean, on a linear encoder and decoder whose every answer has a closed form."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec, Factor
from playground.core.model import GenerativeModel, SampleStep
from playground.evaluation import latent as module
from playground.evaluation.latent import LatentLab, explained, principal
from tests.helpers import generator

N = 4000
FACTORS = (Factor("side", ("left", "right")), Factor("tilt", low=-9.0, high=9.0), Factor("noise", low=-9.0, high=9.0))
SPEC = DataSpec("linear", (1, 2, 3), factors=FACTORS)
WEIGHTS = torch.tensor([[0.1, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.3, 0.3, 0.0, 0.0]])


class Linear(GenerativeModel):
    """decode(z) = z W, W (3, 6) with orthogonal rows; encode undoes it. The second axis moves the output most."""

    encodes = True

    def __init__(self) -> None:
        super().__init__(SPEC, None)

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"decode", "encode"} if cls.encodes else {"decode"})

    @property
    def latent_dim(self) -> int:
        return 3

    def encode(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return x.flatten(1) @ torch.linalg.pinv(WEIGHTS)

    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return (z @ WEIGHTS).view(len(z), 1, 2, 3)


class Blind(Linear):
    """The same without an encoder."""

    encodes = False


def side(z: Tensor) -> Tensor:
    """The discrete factor: the sign of the first axis."""
    return (z[:, :1] > 0).long()


def measures(z: Tensor) -> Tensor:
    """tilt = 3 z_2 + 4 z_3; noise has nothing to do with z."""
    noise = torch.randn(len(z), generator=generator(9))
    return torch.stack([3 * z[:, 1] + 4 * z[:, 2], noise], dim=1)


def dataset() -> Dataset:
    """Held-out examples of the linear model."""
    z = torch.randn(N, 3, generator=generator(1))
    batch = Batch.of(Linear().decode(z), side(z), measures(z))
    return Dataset(SPEC, batch.take(torch.arange(5)), batch.take(torch.arange(5)), batch)


class Judge:
    """Reads the factors off the output, as the classifier would."""

    def labels(self, x: Tensor) -> Tensor:
        return side(Linear().encode(x))

    def measures(self, x: Tensor) -> Tensor:
        return measures(Linear().encode(x))


def last(steps: Iterator[SampleStep]) -> SampleStep:
    """The answer; every step before it is empty, and they are counted rightly."""
    steps = list(steps)
    assert [step.index for step in steps] == list(range(steps[-1].total + 1))
    return steps[-1]


def directions(model: GenerativeModel, basis: str) -> SampleStep:
    lab = LatentLab(dataset())
    lab._judges = [Judge()]  # type: ignore[list-item]
    return last(lab.directions(model, basis, generator()))


@pytest.fixture(autouse=True)
def many_codes(monkeypatch):
    """Enough for the closed form to show."""
    monkeypatch.setattr(module, "DRAWN", N)


@pytest.mark.parametrize("model", [Linear(), Blind()])
def test_axes_stand_in_the_order_of_their_effect_and_say_what_they_explain(model):
    answer = directions(model, "axes")
    torch.testing.assert_close(answer.x, torch.eye(3)[:, [1, 2, 0]])
    torch.testing.assert_close(answer.views["share"], torch.tensor([2.0, 0.6, 0.1]) / 2.7)
    # A line through the sign of a normal explains 2/π of it; of 3 a + 4 b each part explains 9/25 and 16/25.
    known = torch.tensor([[0, 9 / 25, 0], [0, 16 / 25, 0], [2 / math.pi, 0, 0]])
    torch.testing.assert_close(answer.views["r2"], known, atol=0.03, rtol=0)
    assert bool(answer.views["judged"]) is isinstance(model, Blind)


def test_with_an_encoder_principal_directions_are_those_of_the_codes():
    spread = torch.tensor([0.2, 1.0, 3.0])
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator(4)))[0]
    z = (torch.randn(N, 3, generator=generator(1)) * spread) @ turn.T
    batch = Batch.of(Linear().decode(z), side(z), measures(z))
    lab = LatentLab(Dataset(SPEC, batch, batch, batch))
    answer = last(lab.directions(Linear(), "principal", generator()))
    alike = (answer.x.T @ turn).abs()
    torch.testing.assert_close(alike, torch.eye(3).flip(0), atol=0.05, rtol=0)
    shares = spread.flip(0).square() / spread.square().sum()
    torch.testing.assert_close(answer.views["share"], shares, atol=0.02, rtol=0)


def test_without_one_they_are_those_that_move_the_output_most():
    answer = directions(Blind(), "principal")
    torch.testing.assert_close(answer.x, torch.eye(3)[:, [1, 2, 0]], atol=1e-5, rtol=0)  # W Wᵀ is diagonal
    squares = torch.tensor([4.0, 0.18, 0.01])
    torch.testing.assert_close(answer.views["share"], squares / squares.sum(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("model", [Linear(), Blind()])
def test_the_mean_code_of_an_attribute(model):
    lab = LatentLab(dataset())
    lab._judges = [Judge()]  # type: ignore[list-item]
    answer = last(lab.attributes(model, generator()))
    means, count = answer.x, answer.views["count"]
    assert means.shape == (2 + 2 + 2, 3)
    half_normal = (2 / math.pi) ** 0.5
    torch.testing.assert_close(means[1] - means[0], torch.tensor([2 * half_normal, 0, 0]), atol=0.12, rtol=0)
    thirds = 2 * 1.0908  # the mean of the highest third of a standard normal, on both sides
    torch.testing.assert_close(means[3] - means[2], torch.tensor([0, 0.6, 0.8]) * thirds, atol=0.15, rtol=0)
    assert count[:2].sum() == N
    assert count[2] == pytest.approx(N / 3, abs=2)
    assert bool(answer.views["judged"]) is isinstance(model, Blind)


def test_an_attribute_that_nobody_has_is_not_a_number():
    data = dataset()
    data.test.labels[:] = 0
    lab = LatentLab(data)
    answer = last(lab.attributes(Linear(), generator()))
    assert answer.views["count"][1] == 0
    assert bool(answer.x[1].isnan().all())
    assert bool(answer.x[0].isfinite().all())


def test_where_nobody_knows_the_factors_there_is_the_order_alone():
    lab = LatentLab(dataset())
    lab._judges = [None]
    answer = last(lab.directions(Blind(), "axes", generator()))
    torch.testing.assert_close(answer.x, torch.eye(3)[:, [1, 2, 0]])
    assert answer.views["r2"].shape == (3, 0)


def test_the_class_that_is_decoded_decides_the_effect():
    class Told(Linear):
        def decode(self, z: Tensor, label: Any = None) -> Tensor:
            return super().decode(z * (label == torch.tensor([0, 1, 2])))

    for axis in range(3):
        answer = last(LatentLab(dataset()).directions(Told(), "axes", generator(), torch.tensor([[axis]])))
        assert answer.x[:, 0].argmax() == axis
        torch.testing.assert_close(answer.views["share"], torch.tensor([1.0, 0.0, 0.0]))


def test_r2_is_measured_on_other_rows_than_it_was_fitted_on():
    codes = torch.randn(40, 30, generator=generator(2))
    assert explained(codes, torch.randn(40, 1, generator=generator(3))).max() < 0.35
    exact = explained(codes, 2 - 5 * codes[:, 7:8])
    assert exact[7] == pytest.approx(1.0)
    assert bool((exact >= 0).all())


def test_a_principal_direction_does_not_flip():
    vectors, values = principal(torch.diag(torch.tensor([1.0, 5.0])))
    torch.testing.assert_close(vectors, torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    torch.testing.assert_close(values, torch.tensor([5.0, 1.0]))
