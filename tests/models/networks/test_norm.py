"""Group normalisation."""

import pytest

from playground.models.networks.norm import group_norm


@pytest.mark.parametrize(("channels", "groups"), [(8, 8), (32, 8), (20, 4), (12, 4), (10, 2), (9, 1)])
def test_groups_divide_the_channels_and_are_eight_wherever_that_is_possible(channels, groups):
    norm = group_norm(channels)
    assert (norm.num_groups, norm.num_channels) == (groups, channels)
