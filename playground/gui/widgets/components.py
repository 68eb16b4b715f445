"""The components of a mixture of round Gaussians: as numbers, as the words of an option, and as a density to draw."""

from dataclasses import dataclass

import numpy as np

MOST = 12
FARTHEST = 2.7  # of a mean along an axis
THINNEST, WIDEST = 0.05, 1.0  # spreads
LIGHTEST, HEAVIEST = 0.01, 1000.0  # weights


@dataclass(frozen=True)
class Component:
    """One Gaussian: its middle, how often it is drawn compared to the others, and its standard deviation. On the line
    `y` does not count."""

    x: float
    y: float = 0.0
    weight: float = 1.0
    spread: float = 0.3

    def within(self) -> "Component":
        """The nearest one that is allowed, in numbers short enough to be read."""
        return Component(
            round(min(max(self.x, -FARTHEST), FARTHEST), 2) + 0.0,  # no -0
            round(min(max(self.y, -FARTHEST), FARTHEST), 2) + 0.0,
            float(f"{min(max(self.weight, LIGHTEST), HEAVIEST):.3g}"),
            round(min(max(self.spread, THINNEST), WIDEST), 2),
        )


def from_words(means: str, weights: str, spreads: str) -> tuple[list[Component], bool]:
    """The components and whether they lie on the line. Raises ValueError for words that make no components."""
    places = [[float(cell) for cell in place.split(",")] for place in means.split(";")]
    on_line = len(places[0]) == 1
    if len(places) > MOST or any(len(place) != (1 if on_line else 2) for place in places):
        raise ValueError(f"'{means}' names no places")
    heavy, wide = (_each(words, len(places)) for words in (weights, spreads))
    found = [
        Component(place[0], 0.0 if on_line else place[1], weight, spread).within()
        for place, weight, spread in zip(places, heavy, wide, strict=True)
    ]
    return found, on_line


def to_words(components: list[Component], on_line: bool) -> tuple[str, str, str]:
    """Means, weights and spreads, as `from_words` reads them."""
    means = ";".join(f"{c.x:g}" if on_line else f"{c.x:g},{c.y:g}" for c in components)
    return means, ";".join(f"{c.weight:g}" for c in components), ";".join(f"{c.spread:g}" for c in components)


def density(components: list[Component], x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """p(x) on the line, or p(x, y) in the plane where `y` is given; the arrays are broadcast together."""
    total = sum(c.weight for c in components)
    result = np.zeros(np.broadcast_shapes(x.shape, () if y is None else y.shape))
    for c in components:
        away = (x - c.x) ** 2 + (0 if y is None else (y - c.y) ** 2)
        peak = (2 * np.pi * c.spread**2) ** (-0.5 if y is None else -1)
        result += c.weight / total * peak * np.exp(-away / (2 * c.spread**2))
    return result


def _each(words: str, count: int) -> list[float]:
    numbers = [float(cell) for cell in words.split(";")]
    numbers = numbers * count if len(numbers) == 1 else numbers
    if len(numbers) != count or not all(np.isfinite(numbers)):
        raise ValueError(f"'{words}' holds not one number a component")
    return numbers
