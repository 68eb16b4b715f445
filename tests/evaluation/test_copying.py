"""Copying from training images, pixel by pixel."""

import torch

from playground.evaluation.copying import EXAMPLES, OUTSIDE, Copying, contexts, padded
from tests.helpers import dataset_of, generator, tiny


def last(steps):
    *_, end = steps
    return end


def test_contexts_are_the_earlier_pixels_of_the_window():
    image = torch.arange(1.0, 10).view(1, 1, 3, 3)
    found = contexts(padded(image, 1), 1)[0]
    assert found.shape == (9, 4)
    assert found[0].tolist() == [OUTSIDE] * 4
    assert found[4].tolist() == [1, 2, 3, 4]  # of the 5 in the middle
    assert found[8].tolist() == [5, 6, OUTSIDE, 8]


def test_every_pixel_is_from_the_image_that_it_names_and_a_wide_context_copies_whole_images():
    data = dataset_of(tiny("autoregressive", "digits"))
    lab, shares = Copying(data), []
    for radius in (1, 4):
        end = last(lab.copied(None, 6, radius, generator(2)))
        source = end.views["source"]
        assert end.x.shape == (6, 1, 8, 8)
        assert source.max() < EXAMPLES
        levels = data.train.x[:EXAMPLES].unique()
        assert torch.isin(end.x, levels).all()
        shares.append(torch.stack([s.bincount(minlength=EXAMPLES).max() / 64 for s in source.flatten(1)]).mean())
    assert shares[1] > shares[0] + 0.2
    again = last(lab.copied(None, 6, 4, generator(2)))
    assert torch.equal(again.x, end.x)


def test_what_follows_a_context_is_counted_and_a_wide_context_is_found_where_it_is_from():
    data = dataset_of(tiny("autoregressive", "digits"))
    lab = Copying(data)
    image = data.train.x[5:6]
    alike = []
    for radius in (1, 5):
        found = lab.followers(None, image, 4 * 8 + 4, radius)
        assert found["x"].shape == (17,)
        assert found["x"].sum().item() == 1
        alike.append(int(found["alike"]))
    assert alike[0] > alike[1] == 1
    assert found["x"].argmax() == (image[0, 0, 4, 4] * 16).round()  # its own: the image is a training image
    assert int(found["contexts"]) == 256 * 64
