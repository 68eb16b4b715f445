"""Spectra of maps, on waves whose place is known."""

import numpy as np
import pytest

from playground.core.spectrum import fine_share, log_spectrum, power

SIDE = 8
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
BOARD = (-1.0) ** (ROWS + COLUMNS)
SLOW = np.cos(2 * np.pi * COLUMNS / SIDE)


def test_the_finest_wave_is_fine_and_the_coarsest_is_not_whatever_the_mean():
    maps = np.stack([BOARD, SLOW + 5, 3 * SLOW + BOARD, np.full((SIDE, SIDE), 2.0)])
    assert fine_share(maps) == pytest.approx([1, 0, 1 / (1 + 9 / 2), 0], abs=1e-12)


def test_power_is_that_of_the_map_and_stands_at_its_wave():
    found = power(SLOW[None])
    assert found.sum() / SIDE**2 == pytest.approx(np.square(SLOW).sum())
    assert np.flatnonzero(found[0] > 1e-9).tolist() == [
        SIDE // 2 * SIDE + SIDE // 2 - 1,
        SIDE // 2 * SIDE + SIDE // 2 + 1,
    ]


def test_a_spectrum_is_drawn_in_decades_below_the_greatest():
    found = log_spectrum(np.stack([SLOW, 0.1 * BOARD]))
    assert found[0].max() == pytest.approx(1)
    assert found[1].max() == pytest.approx(1 + np.log10(0.01 * 2 * 2) / 4)
    assert log_spectrum(np.zeros((1, 4, 4))).max() == 0
