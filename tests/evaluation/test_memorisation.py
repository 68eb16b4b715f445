"""The nearest-training ratio tells copies from new examples."""

import torch
from sklearn.neighbors import NearestNeighbors

from playground import registry
from playground.evaluation.memorisation import Neighbours, nearest_train_ratio


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


def test_neighbours_are_those_that_a_library_finds() -> None:
    dataset = registry.load_data("digits")
    x, train = dataset.test.x[:20], dataset.train.x
    *_, last = Neighbours(dataset).nearest(object(), x, k=3)  # type: ignore[arg-type]
    distance, rows = NearestNeighbors(n_neighbors=3).fit(train.flatten(1)).kneighbors(x.flatten(1))
    torch.testing.assert_close(last.views["distance"], torch.from_numpy(distance).float(), atol=1e-4, rtol=0)
    torch.testing.assert_close(last.x, train[torch.from_numpy(rows)])
    assert last.views["usual"] > 0


def test_a_training_example_is_at_no_distance_from_itself() -> None:
    dataset = registry.load_data("digits")
    *_, last = Neighbours(dataset).nearest(object(), dataset.train.x[5:6])  # type: ignore[arg-type]
    assert last.views["distance"].item() == 0
    torch.testing.assert_close(last.x[0, 0], dataset.train.x[5])
