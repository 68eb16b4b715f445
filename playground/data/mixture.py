"""A mixture of round Gaussians of one's own, in the plane or on the line: every component's place, weight and width."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from playground.core.data import Dataset, Factor
from playground.core.errors import UsageError
from playground.core.hyperparams import param
from playground.data._mixture import Mixture
from playground.data._points import points_dataset

CARD = {
    "name": "mixture",
    "title": "Your own mixture",
    "group": "plane",
    "order": 18,
    "slides": "",
    "tuned_as": "eight-gaussians",
    "about": "Points from Gaussians whose places, weights and widths are yours; the exact density is known.",
}

MOST = 12  # components
FARTHEST = 2.7  # of a mean along an axis
THINNEST, WIDEST = 0.05, 1.0  # standard deviations


class Source:
    """The components in their order are the classes."""

    @dataclass(frozen=True)
    class Options:
        means: str = param("-1.4,-0.8;1.4,-0.8;0,1.6", more=True,
                           help='Places of the components: "-2,0;2,0" in the plane, "-2;2" on the line, from -2.7 '
                                "to 2.7.")  # fmt: skip
        weights: str = param("1", more=True,
                             help='How often each component is drawn, such as "1;3"; one number counts for '
                                  "all.")  # fmt: skip
        spreads: str = param("0.3", more=True,
                             help="Standard deviation of each component, from 0.05 to 1; one number counts for "
                                  "all.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits. Raises UsageError for components that cannot be read or do not fit."""
        means = [
            [_number(cell, "data.means", lambda v: abs(v) <= FARTHEST, f"from -{FARTHEST} to {FARTHEST}")
             for cell in place.split(",")]
            for place in options.means.split(";")
        ]  # fmt: skip
        if len(means) > MOST or {len(place) for place in means} not in ({1}, {2}):
            raise UsageError(
                f"data.means = '{options.means}' does not do: it names up to {MOST} places, all of one number (the "
                "line) or all of two (the plane), as in '-2,0;2,0'."
            )
        weights = _each(options.weights, len(means), "data.weights", lambda v: 0 < v <= 1000, "above 0, up to 1000")
        spreads = _each(options.spreads, len(means), "data.spreads", lambda v: THINNEST <= v <= WIDEST,
                        f"from {THINNEST} to {WIDEST:g}")  # fmt: skip
        centres, std = (torch.tensor(values, dtype=torch.float64) for values in (means, spreads))
        share = torch.tensor(weights, dtype=torch.float64)
        exact = Mixture(share / share.sum(), centres, std)
        names = tuple(str(k + 1) for k in range(len(means)))
        factor = Factor("component", names) if len(means) > 1 else None
        modes = (centres.float(), std.float())
        return points_dataset("mixture", factor, exact, torch.arange(len(means)), options.count, modes)


def _each(text: str, count: int, key: str, fits: Callable[[float], bool], words: str) -> list[float]:
    """A number a component; a single one counts for all."""
    values = [_number(cell, key, fits, words) for cell in text.split(";")]
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise UsageError(f"{key} holds {len(values)} numbers, but data.means has {count} components.")
    return values


def _number(cell: str, key: str, fits: Callable[[float], bool], words: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and fits(value)):
        raise UsageError(f"'{cell.strip()[:20]}' in {key} does not do: each is a number {words}.")
    return value
