"""Precision, recall and modes on clouds made for the purpose."""

import torch
from torch import Tensor

from playground import registry
from playground.core.random import stream
from playground.evaluation.coverage import modes_hit, precision_recall, share_within_3_sigma


def blob(n: int, at: float, purpose: str) -> Tensor:
    return at + 0.1 * torch.randn(n, 2, generator=stream(0, purpose))


def test_precision_and_recall_of_the_same_distribution_are_high() -> None:
    precision, recall = precision_recall(blob(500, 0.0, "a"), blob(500, 0.0, "b"))
    assert precision > 0.9
    assert recall > 0.9


def test_a_dropped_mode_costs_recall_and_an_invented_one_precision() -> None:
    both = torch.cat([blob(300, 0.0, "a"), blob(300, 5.0, "b")])
    one = blob(300, 0.0, "c")
    precision, recall = precision_recall(one, both)
    assert precision > 0.9
    assert 0.4 < recall < 0.55
    precision, recall = precision_recall(both, one)
    assert 0.4 < precision < 0.55
    assert recall > 0.9
    assert precision_recall(blob(300, -9.0, "d"), both) == (0.0, 0.0)


def test_modes_hit_counts_modes_with_enough_samples() -> None:
    centres, std = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]]), 0.1
    samples = torch.cat([centres[:1].expand(95, 2), centres[1:2].expand(5, 2)])
    assert modes_hit(samples, centres, std) == 2  # 5 % is a fifth of a quarter
    assert modes_hit(torch.cat([samples, centres[:1]]), centres, std) == 1
    assert modes_hit(samples + 0.5, centres, std) == 0


def test_the_data_itself_hits_all_modes() -> None:
    dataset = registry.load_data("eight-gaussians")
    assert dataset.modes is not None
    centres, std = dataset.modes
    assert modes_hit(dataset.test.x, centres, std) == 8
    assert abs(share_within_3_sigma(dataset.test.x, centres, std) - 0.989) < 0.005
    assert share_within_3_sigma(torch.zeros(10, 2), centres, std) == 0.0


def test_modes_may_each_have_their_own_width() -> None:
    centres, std = torch.tensor([[0.0], [2.0]]), torch.tensor([0.1, 0.5])
    samples = torch.tensor([[0.2], [0.4], [0.6], [1.0]])  # 0.2 is near the first, 0.6 and 1.0 near the second
    assert share_within_3_sigma(samples, centres, std) == 0.75
    assert modes_hit(samples[1:2], centres, std) == 0
    assert modes_hit(samples, centres, std) == 2
