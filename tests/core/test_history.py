"""What is kept of the past: bounded, spread over log(step), the newest and the best."""

import math
from itertools import pairwise

from playground.core.history import NEWEST_STATES, WEIGHTS_BYTES, WEIGHTS_COUNT, states_to_keep, weights_to_keep


def thinned_online(steps, size):
    kept = []
    for step in steps:
        kept = weights_to_keep(dict.fromkeys([*kept, step], size), [step])
    return kept


def test_count_is_bounded_and_both_ends_stay():
    kept = thinned_online(range(0, 20_000, 7), 1000)
    assert len(kept) == WEIGHTS_COUNT
    assert kept[0] == 0
    assert kept[-1] == 19_999 - 19_999 % 7


def test_steps_spread_evenly_over_log_step():
    kept = thinned_online(range(0, 5000, 5), 1000)
    gaps = [math.log((b + 1) / (a + 1)) for a, b in pairwise(kept[1:])]
    assert max(gaps) < 0.8  # an even spread over log(5..5000) by 24 steps would be 0.3


def test_bytes_are_bounded():
    size = 10 * 2**20
    kept = thinned_online(range(100), size)
    assert len(kept) * size <= WEIGHTS_BYTES
    assert kept[0] == 0
    assert kept[-1] == 99


def test_what_fits_nowhere_is_not_kept():
    assert weights_to_keep({0: WEIGHTS_BYTES + 1, 5: WEIGHTS_BYTES + 1}, [5]) == []


def test_wanted_steps_are_thinned_last_the_least_important_first():
    sizes = dict.fromkeys(range(10), 1)
    assert weights_to_keep(sizes, [9, 4, 8, 7], count=4) == [4, 7, 8, 9]
    assert weights_to_keep(sizes, [9, 4, 8, 7], count=2) == [4, 9]
    assert weights_to_keep(sizes, [9, 0, 8, 7], count=1) == [9]


def test_states_are_the_newest_three_and_the_best():
    assert states_to_keep({1: 0.5, 2: 0.1, 3: 0.3, 4: 0.2, 5: 0.4}) == [5, 2, 4, 3]
    assert states_to_keep({1: 0.5, 2: 0.4, 3: 0.3}) == [3, 2, 1]
    assert states_to_keep(dict.fromkeys(range(9))) == [8, 7, 6]
    assert len(states_to_keep({})) < NEWEST_STATES
