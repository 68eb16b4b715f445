"""Group normalisation for any number of channels."""

import math

from torch import nn

GROUPS = 8


def group_norm(channels: int) -> nn.GroupNorm:
    """Eight groups (Wu, He 2018), or as many as divide both eight and `channels`, which may be any number."""
    return nn.GroupNorm(math.gcd(GROUPS, channels), channels)
