"""Centres to start a mixture from. Arthur and Vassilvitskii 2007 (k-means++), in its greedy form."""

import math

import torch
from torch import Tensor

STARTS = 5
CANDIDATES = 4  # draws for each centre
LEAST = 1e-30  # lets equal examples be drawn where nothing else is left


def kmeans_start(y: Tensor, k: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """k examples of y (N, D) as centres (k, D), and the squared distance of each example to the nearest (N,).

    A centre is drawn with a chance in proportion to the squared distance from those before it, so that far clouds are
    found. Of some draws that which helps most is kept, and of some starts the best.
    """
    best, least = y[:k], torch.full((len(y),), math.inf)
    for _ in range(STARTS):
        chosen = torch.randint(len(y), (1,), generator=generator)
        distance = torch.cdist(y[chosen], y)[0].square()  # (N,)
        while len(chosen) < k:
            candidates = torch.multinomial(distance + LEAST, CANDIDATES, replacement=True, generator=generator)
            left = torch.minimum(distance, torch.cdist(y[candidates], y).square())  # (candidates, N)
            winner = left.sum(dim=1).argmin()
            chosen, distance = torch.cat([chosen, candidates[winner, None]]), left[winner]
        if distance.sum() < least.sum():
            best, least = y[chosen], distance
    return best, least
