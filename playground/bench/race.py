"""Races: the same work done in several ways, in turn, so that whatever else a machine does falls on all alike.

On a CPU time is the processor's own, which another program that takes it away does not lengthen. What counts are the
ratios of one round: two ways that ran within the same second.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

Way = Callable[[], int | None]
"""Does some of the work, and says how many steps of it; None counts as one."""

ROUNDS = 5
MATMUL_SIDE = 1024


@dataclass(frozen=True)
class Pace:
    """How fast one way was.

    Attributes:
        rates: steps a second, one a round.
    """

    rates: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return statistics.median(self.rates)

    def to_json(self) -> dict[str, Any]:
        """Median, slowest and fastest round."""
        return {"steps_per_second": rounded(self.middle), "slowest_fastest": _ends(self.rates)}

    def against(self, other: "Pace", work: float = 1.0) -> dict[str, Any]:
        """How many times as fast as another way, where one of our steps is `work` times one of theirs: the median of
        the rounds, the least and the most."""
        ratios = [mine / theirs * work for mine, theirs in zip(self.rates, other.rates, strict=True)]
        return {"ratio": rounded(statistics.median(ratios)), "least_most": _ends(ratios)}


def race(ways: Mapping[str, Way], seconds: float, rounds: int = 0, warm_up: bool = True) -> dict[str, Pace]:
    """The pace of each way: in each round all of them one after the other, for as long each, and one call at least. A
    first call of each does not count, if it warms up. `rounds`: 0 for ROUNDS."""
    rounds = rounds or ROUNDS
    for way in ways.values() if warm_up else ():
        way()
    slot = seconds / rounds / max(len(ways), 1)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            rates[name].append(_rate(way, slot))
    return {name: Pace(tuple(found)) for name, found in rates.items()}


def _rate(way: Way, slot: float) -> float:
    steps, began = 0, time.process_time()
    while True:
        done = way()
        steps += 1 if done is None else done
        if (spent := time.process_time() - began) >= slot:
            return steps / max(spent, 1e-9)


def matmul() -> Way:
    """One product of two square matrices: what the processor can do at its best."""
    a, b = (torch.ones(MATMUL_SIDE, MATMUL_SIDE) for _ in range(2))
    out = torch.empty_like(a)

    def multiply() -> None:
        torch.mm(a, b, out=out)

    return multiply


MATMUL_GFLOP = 2 * MATMUL_SIDE**3 / 1e9


def gflop(way: Callable[[], object]) -> float:
    """Billions of multiplications and additions in one call: of convolutions and matrix products, which are nearly
    all."""
    with FlopCounterMode(display=False) as counter:
        way()
    return counter.get_total_flops() / 1e9


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """How a cost grows: p in cost ~ size^p, the slope of the line that fits best through both logarithms."""
    x, y = ([math.log(number) for number in numbers] for numbers in (sizes, values))
    return statistics.linear_regression(x, y).slope


def rounded(number: float) -> float:
    """To four digits, which is more than any of it is good for."""
    return float(f"{number:.4g}")


def _ends(numbers: Sequence[float]) -> list[float]:
    return [rounded(min(numbers)), rounded(max(numbers))]
