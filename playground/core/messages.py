"""What passes between a window and a worker: small frozen values, no live tensors; and nothing here needs torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.core.experiment import Budget, Experiment
from playground.core.hyperparams import Value
from playground.core.records import Answer, Query, TrainRecord

# -- commands: what may be asked of a worker ------------------------------------------------------------------------


@dataclass(frozen=True)
class Train:
    """Train until the budget, a total, is spent."""

    budget: Budget


@dataclass(frozen=True)
class Pause:
    """Stop asking for turns; everything stays as it is."""


@dataclass(frozen=True)
class TrainSteps:
    """Exactly `count` steps of some parts (all, if none are named), then pause."""

    count: int = 1
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """Change live settings from the next step on."""

    set: Mapping[str, Value]


@dataclass(frozen=True)
class Visit:
    """Answer with the weights of a stored step from now on, training held; None goes back to the newest."""

    step: int | None


@dataclass(frozen=True)
class Ask:
    """Answer a query; it replaces an older one on its channel."""

    query: Query
    stamp: int


@dataclass(frozen=True)
class Watch:
    """Report the stages of each step from now on, or no longer.

    Attributes:
        pause: seconds for which the model is held at each stage: slow motion.
    """

    on: bool
    pause: float = 0.0


@dataclass(frozen=True)
class Close:
    """Save and end."""


Command = Train | Pause | TrainSteps | Change | Visit | Ask | Watch | Close

# -- messages: what a worker says -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """What a run keeps of its past, said anew after each save.

    Attributes:
        steps: those whose weights are stored, in order.
        exact: those whose full state is stored, from which training can go on.
    """

    steps: tuple[int, ...] = ()
    exact: tuple[int, ...] = ()


@dataclass(frozen=True)
class Visited:
    """All answers from here on come from the weights of this step; None: from the newest. `wanted` was asked for; where
    it could not be had, the two differ."""

    step: int | None
    wanted: int | None


@dataclass(frozen=True)
class Opened:
    """The model is there and can be asked.

    Attributes:
        experiment: of the run.
        step: done so far.
        facts: what a window shows of model and data, by the names in `worker.describe`.
        can_train: whether this run can go on; a bundled run cannot, it has no training state.
        folder, place: where the run is on disk, or ""; where it is or will be.
        records: the run's log so far.
        stored: its past.
    """

    experiment: Experiment
    step: int
    seconds: float
    facts: Mapping[str, Any]
    can_train: bool
    folder: str = ""
    place: str = ""
    records: tuple[TrainRecord, ...] = ()
    stored: Stored = Stored()


@dataclass(frozen=True)
class Trained:
    """One turn was trained."""

    record: TrainRecord


@dataclass(frozen=True)
class Staged:
    """The model has reached a stage of a step; said about thirty times a second at most, but in slow motion at each.

    Attributes:
        names: the stages that began since the last such message, the one that runs last; () at rest.
        line: of the model's own file on which that one begins; 0 where it is not known.
        step: how many steps were done when this turn began.
    """

    names: tuple[str, ...]
    line: int
    step: int


RestState = Literal["idle", "paused", "done", "failed"]


@dataclass(frozen=True)
class Rested:
    """Training stopped, or could not begin.

    Attributes:
        state: "idle" (it could not begin), "paused", "done" or "failed".
        message, details: a sentence, where something went wrong, and the traceback.
        folder: where the run is on disk, or "".
    """

    state: RestState
    experiment: Experiment
    step: int
    message: str = ""
    details: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Changed:
    """A live setting was changed; the experiment has one event more."""

    experiment: Experiment


@dataclass(frozen=True)
class Refused:
    """A change could not be made; everything is as it was.

    Attributes:
        set: the settings that training cannot go on under.
    """

    message: str
    set: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The worker could not open the run, or broke; it has ended."""

    message: str
    details: str = ""


Message = Opened | Stored | Visited | Trained | Rested | Changed | Refused | Failed | Staged | Answer
