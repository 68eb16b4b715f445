"""The nearest-training ratio tells copies from new examples."""

import torch

from playground import registry
from playground.evaluation.memorisation import nearest_train_ratio


def test_copies_give_zero_new_examples_one_and_noise_more() -> None:
    dataset = registry.load_data("digits")
    train, test = dataset.train.x, dataset.test.x
    assert nearest_train_ratio(train[:100], test, train) == 0.0
    ratio = nearest_train_ratio(dataset.validation.x, test, train)
    assert ratio is not None
    assert 0.9 < ratio < 1.1
    gray = nearest_train_ratio(torch.full((10, 1, 8, 8), 0.5), test, train)
    assert gray is not None
    assert gray > 1.5


def test_no_ratio_where_the_test_examples_were_trained_on() -> None:
    x = torch.arange(10.0).view(10, 1)
    assert nearest_train_ratio(x + 0.5, x, x) is None
