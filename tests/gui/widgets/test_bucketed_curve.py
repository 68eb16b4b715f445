"""Long curves stay short, and their means stay true."""

import numpy as np

from playground.gui.widgets.bucketed_curve import LIMIT, BucketedCurve, smoothed


def test_a_short_curve_is_kept_as_it_is():
    curve = BucketedCurve()
    curve.append(np.arange(5), np.array([5.0, 4.0, 3.0, 2.0, 1.0]))
    steps, values = curve.points()
    assert steps.tolist() == [0, 1, 2, 3, 4]
    assert values.tolist() == [5, 4, 3, 2, 1]


def test_a_long_curve_keeps_its_means_however_it_arrives():
    values = np.random.default_rng(0).normal(size=10 * LIMIT)
    whole, pieces = BucketedCurve(), BucketedCurve()
    whole.append(np.arange(len(values)), values)
    for start in range(0, len(values), 333):
        part = values[start : start + 333]
        pieces.append(np.arange(start, start + len(part)), part)
    steps, means = whole.points()
    assert LIMIT // 2 <= len(steps) <= LIMIT
    np.testing.assert_allclose(pieces.points()[1], means)
    np.testing.assert_allclose(means[0], values[:16].mean())  # 10,000 pairs over 1,000 buckets: 16 a bucket
    np.testing.assert_allclose(steps[0], 7.5)


def test_nan_is_a_gap_and_spares_its_neighbours():
    curve = BucketedCurve()
    curve.append(np.arange(3), np.array([1.0, np.nan, 3.0]))
    assert np.isnan(curve.points()[1]).tolist() == [False, True, False]
    curve.append(np.arange(3, LIMIT + 1), np.zeros(LIMIT - 2))  # one more than fits: neighbours merge
    assert curve.points()[1][:2].tolist() == [1.0, 1.5]


def test_smoothing_is_unbiased_and_keeps_gaps():
    np.testing.assert_allclose(smoothed(np.full(4, 7.0), 10.0), 7.0)
    assert np.isnan(smoothed(np.array([1.0, np.nan, 1.0]), 3.0)).tolist() == [False, True, False]
    jagged = np.tile([0.0, 1.0], 50)
    assert np.ptp(smoothed(jagged, 20.0)[-10:]) < 0.1
    assert smoothed(jagged, 0.0) is jagged
