"""What crosses from the worker to whoever watches: small, frozen, no live tensors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from playground.core.hyperparams import Value


@dataclass(frozen=True)
class TrainRecord:
    """One turn of training.

    Attributes:
        first: the number of steps done before this turn.
        step: the number done after it.
        seconds: training time so far in this run, pauses left out.
        values: each loss term's value at every step of the turn, `step - first` long; the first is the loss itself.
        held_out: the same terms on validation data, by the step after which they were measured.
        trained: the parts that were trained.
        finished: the model says that it is done.
    """

    first: int
    step: int
    seconds: float
    values: Mapping[str, tuple[float, ...]]
    held_out: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    trained: tuple[str, ...] = ()
    finished: bool = False

    def to_json(self) -> dict[str, object]:
        """One line of ``log.jsonl``; nine digits hold a float32 exactly."""
        line: dict[str, object] = {"first": self.first, "step": self.step, "seconds": round(self.seconds, 3)}
        line["values"] = {name: [_digits(v) for v in values] for name, values in self.values.items()}
        if self.held_out:
            line["held_out"] = {
                str(step): {name: _digits(v) for name, v in terms.items()} for step, terms in self.held_out.items()
            }
        return line


@dataclass(frozen=True)
class Query:
    """A question to a model or its data, answered with numpy arrays; on each channel only the newest counts.

    Attributes:
        channel: who asks; a newer query on the same channel replaces an older one.
        method: one that the model lists in `answers`, or that an exact density has.
        arguments: numbers, words, and numpy arrays (which become tensors on the model's device).
        seed: of the generator handed to the method, where it takes one.
        target: "model", one of the job's `helpers` by its name, or any other word for the exact density of its data.
    """

    channel: str
    method: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    target: str = "model"


@dataclass(frozen=True)
class Answer:
    """What a query gave; a stepwise one gives an answer a step.

    Attributes:
        query: the question.
        stamp: its number in the order of asking.
        step: the training step of the weights that answered.
        index, total: which step of a stepwise answer this is; 0 and 0 for a plain one.
        arrays: the results by name.
        error: a sentence, where the question could not be answered.
    """

    query: Query
    stamp: int
    step: int
    index: int
    total: int
    arrays: Mapping[str, np.ndarray]
    error: str = ""

    @property
    def last(self) -> bool:
        """Whether nothing more follows."""
        return self.index >= self.total


@dataclass(frozen=True)
class SampleOrder:
    """Samples of a stored run, to be written as ``playground sample`` does.

    Attributes:
        run: a run folder, or a bundled run's name.
        path: the file; its suffix says whether a picture, an animation or an array.
        count, seed, settings: how many, of which noise, and the sampler's settings.
        label: as on the command line; None for each class in turn, or for a model without labels.
        step: a stored one; None for the last save.
    """

    run: str
    path: str
    count: int
    seed: int
    settings: Mapping[str, Value] = field(default_factory=dict)
    label: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class CurveOrder:
    """The curves of a stored run as a table (CSV); without a path only the text is wanted."""

    run: str
    path: str = ""


@dataclass(frozen=True)
class Exported:
    """What came of an order.

    Attributes:
        message: a sentence: what was written and where, or why nothing was.
        details: what else there is to know, or "".
        text: the table that was ordered.
    """

    order: SampleOrder | CurveOrder
    message: str
    details: str = ""
    text: str = ""
    failed: bool = False


def _digits(value: float) -> float | None:
    return float(f"{value:.9g}") if np.isfinite(value) else None
