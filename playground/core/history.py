"""Which past weights and states of a run are worth their space."""

import math
from collections.abc import Mapping

WEIGHTS_COUNT = 24
WEIGHTS_BYTES = 64 * 2**20
NEWEST_STATES = 3


def states_to_keep(scores: Mapping[int, float | None]) -> list[int]:
    """The newest three saves and the one with the lowest score, the most important first."""
    newest = sorted(scores, reverse=True)[:NEWEST_STATES]
    scored = {step: score for step, score in scores.items() if score is not None}
    best = [min(scored, key=lambda step: (scored[step], step))] if scored else []
    return list(dict.fromkeys([*newest[:1], *best, *newest[1:]]))


def weights_to_keep(
    sizes: Mapping[int, int], wanted: list[int], count: int = WEIGHTS_COUNT, limit: int = WEIGHTS_BYTES
) -> list[int]:
    """Steps spread evenly over log(step), at most `count` and `limit` bytes.

    Args:
        sizes: bytes by step.
        wanted: steps to thin last, the most important first.
    """
    kept = sorted(sizes)
    while len(kept) > count or sum(sizes[step] for step in kept) > limit:
        kept.remove(_least(kept, wanted))
    return kept


def _least(kept: list[int], wanted: list[int]) -> int:
    """The step that leaves the smallest gap in log(step); the first one stays for as long as others can go."""
    spare = [i for i in range(1, len(kept) - 1) if kept[i] not in wanted]
    if spare:
        return kept[min(spare, key=lambda i: math.log((kept[i + 1] + 1) / (kept[i - 1] + 1)))]
    unwanted = [step for step in kept if step not in wanted]
    return unwanted[0] if unwanted else max(kept, key=wanted.index)
