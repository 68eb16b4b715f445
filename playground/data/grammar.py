"""Small discrete images whose probability is known exactly, so that a model's distance to the truth is a number.

Two kinds. *Stamps* look like something and have a few hidden causes; a model that misses one loses bits that can be
counted. *Ising* has no causes at all, only neighbours that agree: what a model of local context learns best.
"""

from dataclasses import dataclass

from playground.core.data import Batch, Dataset, DataSpec, Factor, Split
from playground.core.hyperparams import param
from playground.core.random import stream
from playground.data._ising import Ising
from playground.data._stamps import SHAPES, Stamps

CARD = {
    "name": "grammar",
    "title": "Grammar 8x8",
    "group": "images",
    "order": 36,
    "slides": "",
    "about": "Stamped shapes with pixel noise (or an Ising strip), 8x8; each image's exact probability is known.",
}

SIDE = 8
_LEVELS, _SIZES = 4, (3, 4)
_VALIDATION, _TEST = 2000, 5000

FACTORS = (
    Factor("shape", SHAPES),
    Factor("colour", ("dark", "gray", "white")),
    Factor("size", tuple(str(size) for size in _SIZES)),
    Factor("x", low=1.5, high=SIDE - 1.5),  # of the stamp's middle, from the left, in pixels
    Factor("y", low=1.5, high=SIDE - 1.5),  # from the top
)


class Source:
    """Stamps by default: 549 templates and pixel noise. Ising: no factors, two levels."""

    @dataclass(frozen=True)
    class Options:
        kind: str = param("stamps", choices=("stamps", "ising"),
                          help="Stamps: shapes with pixel noise. Ising: neighbours that agree.")  # fmt: skip
        noise: float = param(0.02, low=0.0, high=0.3, step=0.01, label="pixel noise",
                             help="Stamps: the share of pixels that are replaced by another level.")  # fmt: skip
        coupling: float = param(0.35, low=0.0, high=1.0, step=0.05,
                                help="Ising: how strongly neighbours agree. At 0 every pixel is a coin; far above "
                                     "0.44 most images have one colour.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="images", label="training images",
                           help="Fewer images make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits; the same in every run whatever its seed."""
        counts: dict[Split, int] = {"train": options.count, "validation": _VALIDATION, "test": _TEST}
        generators = {split: stream(0, f"data/grammar/{options.kind}/{split}") for split in counts}
        if options.kind == "ising":
            strip = Ising(SIDE, SIDE, options.coupling)
            spec = DataSpec("grammar", strip.shape, levels=strip.levels)
            drawn = {split: Batch.of(strip.sample(n, generators[split])) for split, n in counts.items()}
            return Dataset(spec, drawn["train"], drawn["validation"], drawn["test"], strip)
        stamps = Stamps(SIDE, SIDE, _LEVELS, _SIZES, options.noise)
        spec = DataSpec("grammar", stamps.shape, levels=stamps.levels, factors=FACTORS)
        drawn = {}
        for split, n in counts.items():
            x, template = stamps.draw(n, generators[split])
            drawn[split] = Batch.of(x, stamps.causes[template], stamps.middles[template])
        return Dataset(spec, drawn["train"], drawn["validation"], drawn["test"], stamps)
