"""The chain rule on four binary pixels: sixteen probabilities, twenty-four orders."""

import numpy as np
import pytest

from playground.core.chain_rule import IMAGES, ORDERS, Joint, crops


@pytest.fixture(scope="module")
def joint():
    return Joint.counted(
        np.random.default_rng(0).choice(16, size=(300,), p=np.arange(1, 17) / 136)[:, None] >> [3, 2, 1, 0] & 1
    )


def test_the_product_of_the_conditionals_is_the_joint_in_every_order(joint):
    assert len(ORDERS) == 24
    for order in ORDERS:
        products = joint.products(order)
        np.testing.assert_allclose(products, joint.p, rtol=1e-12)
        assert products.sum() == pytest.approx(1)


def test_conditionals_of_a_pixel_sum_to_one_and_are_not_marginals(joint):
    for order in ORDERS:
        for image in IMAGES:
            for k, pixel in enumerate(order):
                other = image.copy()
                other[pixel] = 1 - image[pixel]
                pair = joint.conditionals(image, order)[k] + joint.conditionals(other, order)[k]
                assert pair == pytest.approx(1)
    first = np.array([joint.marginal(image, [0]) for image in IMAGES])
    last = np.array([joint.conditionals(image, (1, 2, 3, 0))[-1] for image in IMAGES])
    assert np.abs(first - last).max() > 0.01


def test_counts_are_those_of_the_images_and_none_is_impossible():
    pixels = np.array([[0, 0, 0, 1]] * 3 + [[1, 0, 1, 0]])
    p = Joint.counted(pixels).p
    assert p[0b0001] == 4 / 20
    assert p[0b1010] == 2 / 20
    assert p[0] == 1 / 20


def test_crops_tile_the_image_row_by_row():
    image = np.arange(24, dtype=float).reshape(1, 1, 4, 6) / 24
    pieces = crops(image, threshold=8 / 24)
    assert pieces.shape == (6, 4)
    assert pieces[0].tolist() == [0, 0, 0, 0]  # 0 1 6 7
    assert pieces[1].tolist() == [0, 0, 1, 1]  # 2 3 8 9
    assert pieces[3:].all()
    assert crops(np.ones((2, 3, 5, 5))).shape == (8, 4)  # an odd row is left out
