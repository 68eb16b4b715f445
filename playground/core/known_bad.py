"""Settings that are known not to work: which, when, and why. A form says so beside the knob, before anybody trains.

Those that hold for any family stand here; a family's own stand in ``models/known_bad/<model>.py``. They are warnings,
not limits: a student may want to see for himself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playground.core.experiment import TrainSettings
from playground.core.hyperparams import Value, changed, from_dict, params

if TYPE_CHECKING:
    from playground.core.data import DataSpec

HIGHEST_RATE = 0.1  # Adam moves every weight by about the learning rate a step, and weights are of that size
STRONGEST_DECAY = 0.01  # share of all weights that one step may take off


@dataclass(frozen=True)
class Setup:
    """All that is set for a run and its sampler.

    Attributes:
        spec, examples: of the data: its shape, and how many there are to train on.
        config, sample: the family's `Config` and `SampleSettings`.
    """

    spec: "DataSpec"
    examples: int
    config: Any
    train: TrainSettings
    sample: Any

    def has(self, name: str) -> bool:
        """Whether the family's Config has such a setting."""
        return hasattr(self.config, name)


@dataclass(frozen=True)
class KnownBad:
    """One thing that is known not to work.

    Attributes:
        key: the setting to blame, by its key on the command line, or ``sample.KEY``.
        when: whether some settings are like that.
        why: a sentence or two; ``{s.train.lr:g}`` puts in a number of the setup.
        repair: settings that mend it.
        alarm: the title of the alarm that it raises while a model trains; "" where a word beside the knob is enough.
    """

    key: str
    when: Callable[[Setup], bool]
    why: str
    repair: Mapping[str, Value] = field(default_factory=dict)
    alarm: str = ""


@dataclass(frozen=True)
class Advice:
    """What is to be said of one setting; the fields are those of `KnownBad`."""

    key: str
    why: str
    repair: Mapping[str, Value] = field(default_factory=dict)
    alarm: str = ""


GENERAL = (
    KnownBad("train.lr", lambda s: s.train.lr > HIGHEST_RATE,
             "A step moves every weight by about {s.train.lr:g}, which is more than most weights are. "
             "Rates up to 0.01 are usual.", {"train.lr": 1e-3}),
    KnownBad("train.batch", lambda s: s.train.batch > s.examples,
             "There are only {s.examples:,} examples: every step takes them all."),
    KnownBad("train.weight_decay", lambda s: s.train.weight_decay * s.train.lr > STRONGEST_DECAY,
             "Each step takes more than 1 % off every weight, faster than most are learned.",
             {"train.weight_decay": 0.0}),
    KnownBad("conditional", lambda s: s.has("conditional") and s.config.conditional and not s.spec.classes,
             "These data have no labels: the switch does nothing."),
    KnownBad("label_dropout",
             lambda s: s.has("label_dropout") and s.config.conditional and s.config.label_dropout > 0.9,
             "Almost every label is hidden, so there is nothing to learn from them."),
    KnownBad("latent_dim", lambda s: s.has("latent_dim") and s.config.latent_dim == 1 and s.spec.kind == "images",
             "One number cannot tell all that differs between images: they come out on one curve."),
)  # fmt: skip
"""True of any family."""


def setup(
    spec: "DataSpec", examples: int, config_class: type[Any], sample_class: type[Any], values: Mapping[str, Value]
) -> Setup:
    """Settings by their keys on the command line and ``sample.KEY``; what is not named has its default.

    Raises UsageError for a value out of range.
    """
    config = {key: value for key, value in values.items() if key in params(config_class)}
    train, sample = ({key.removeprefix(group): value for key, value in values.items() if key.startswith(group)}
                     for group in ("train.", "sample."))  # fmt: skip
    return Setup(spec, examples, from_dict(config_class, config), changed(TrainSettings(), train),
                 from_dict(sample_class, sample))  # fmt: skip


def advice(known: Sequence[KnownBad], of: Setup) -> list[Advice]:
    """What is known against these settings, in the order of `known`."""
    return [Advice(bad.key, bad.why.format(s=of), bad.repair, bad.alarm) for bad in known if bad.when(of)]
