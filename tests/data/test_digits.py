"""The bundled digits: real values on their levels, in fixed splits."""

import torch

from playground import registry


def test_values_stand_on_seventeen_levels() -> None:
    dataset = registry.load_data("digits")
    x = dataset.train.x
    assert x.shape == (1257, *dataset.spec.shape) == (1257, 1, 8, 8)
    assert x.dtype == torch.float32
    assert torch.equal(x.unique() * 16, torch.arange(17.0))
    assert dataset.spec.levels == 17


def test_splits_are_disjoint_and_hold_every_class() -> None:
    dataset = registry.load_data("digits")
    splits = [dataset.train, dataset.validation, dataset.test]
    assert [len(split) for split in splits] == [1257, 180, 360]
    images = torch.cat([split.x for split in splits]).flatten(1)
    assert len(images.unique(dim=0)) == 1797
    for split in splits:
        assert split.labels[:, 0].unique().tolist() == list(range(10))


def test_labels_belong_to_their_images() -> None:
    dataset = registry.load_data("digits")
    means = torch.stack([dataset.train.x[dataset.train.labels[:, 0] == k].mean(0).flatten() for k in range(10)])
    guess = torch.cdist(dataset.test.x.flatten(1), means).argmin(1)
    assert (guess == dataset.test.labels[:, 0]).float().mean() > 0.85


def test_the_split_never_changes() -> None:
    before = torch.get_rng_state()
    dataset = registry.data_source("digits").load(registry.data_source("digits").Options())
    assert torch.equal(torch.get_rng_state(), before)
    assert dataset.hash == "cbc88b2e31a48f615a84c738554a36a2fef913086e2faea839b3b56ac32805e9"


def test_registry_lists_the_data_by_their_cards() -> None:
    cards = registry.data()
    names = list(cards)
    assert names.index("moons") < names.index("eight-gaussians") < names.index("digits")
    assert [cards[name].group for name in ("moons", "eight-gaussians", "digits")] == ["plane", "plane", "images"]
    assert not any(card.error for card in cards.values())
    assert not any(name.startswith("_") for name in names)
