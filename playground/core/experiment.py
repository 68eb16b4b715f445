"""An Experiment describes a run completely, changes made mid-run included, so that it can be repeated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from playground.core.errors import UsageError
from playground.core.hyperparams import Value, from_dict, param, to_dict
from playground.core.whole_file import whole_file

FORMAT_VERSION = 1


@dataclass(frozen=True)
class TrainSettings:
    """How any family is trained; a preset tunes it for one data set."""

    batch: int = param(64, low=1, high=65536, step=16, live=True, unit="examples", label="batch size",
                       help="Examples in one step. Small batches make more steps in the same time.")  # fmt: skip
    lr: float = param(1e-3, low=0.0, high=1000.0, step=1.5, log=True, live=True, label="learning rate",
                      help="How far one step moves the weights. Too high diverges, too low crawls.")  # fmt: skip
    warmup: int = param(0, low=0, high=100000, step=50, unit="steps", live=True, more=True, label="warm-up",
                        help="Steps over which the learning rate rises from zero.")  # fmt: skip
    ema: float = param(0.995, low=0.0, high=0.9999, step=0.001, live=True, more=True, label="EMA decay",
                       help="Samples come from a running average of the weights; 0 uses the raw weights.")  # fmt: skip
    weight_decay: float = param(0.0, low=0.0, high=10.0, step=0.01, live=True, more=True, label="weight decay",
                                help="Pulls all weights towards zero: each step takes this times the learning rate "
                                     "off them. More holds back what is learnt by heart.")  # fmt: skip
    clip: float = param(0.0, low=0.0, high=1000.0, step=0.5, live=True, more=True, label="clip gradients at",
                        help="Longest gradient (2-norm) that a step of one part may follow; 0 takes all as they are. "
                             "Tames rare bad batches.")  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """When to stop: a total of steps or of training seconds; never an input of the update."""

    kind: str = "steps"
    amount: float = 1000.0

    def __post_init__(self) -> None:
        if self.kind not in ("steps", "seconds"):
            raise UsageError(f"A budget counts steps or seconds, not '{self.kind}'.")
        if not 0 <= self.amount < 1e9:
            raise UsageError(f"A budget of {self.amount:g} {self.kind} makes no sense; give a positive number.")

    def spent(self, step: int, seconds: float) -> bool:
        """Whether nothing is left."""
        return step >= self.amount if self.kind == "steps" else seconds >= self.amount


@dataclass(frozen=True)
class Event:
    """Something done by hand when `step` steps were done.

    Attributes:
        set: settings changed from then on, by their keys on the command line: ``beta``, ``train.lr``.
        parts, count: the next `count` steps train only these parts.
    """

    step: int
    set: Mapping[str, Value] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    count: int = 0

    def to_json(self) -> dict[str, Any]:
        """Only what is said."""
        line: dict[str, Any] = {"step": self.step}
        if self.set:
            line["set"] = dict(self.set)
        if self.count:
            line |= {"parts": list(self.parts), "count": self.count}
        return line


@dataclass(frozen=True)
class Experiment:
    """The complete, seeded description of a run.

    Attributes:
        model, data: names in the registry.
        config, data_options: settings of the model and of the data that differ from their defaults.
        train: batch size, learning rate, EMA.
        seed: of everything random.
        threads: intra-op CPU threads; numbers repeat only for an equal count.
        device: "cpu", "cuda" or "mps".
        processes: how many train it together, each on a share of every batch, with noise of its own.
        budget: when to stop.
        events: what was done by hand, in order.
    """

    model: str
    data: str
    config: Mapping[str, Value] = field(default_factory=dict)
    data_options: Mapping[str, Value] = field(default_factory=dict)
    train: TrainSettings = field(default_factory=TrainSettings)
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    processes: int = 1
    budget: Budget = field(default_factory=Budget)
    events: tuple[Event, ...] = ()

    def with_event(self, event: Event) -> "Experiment":
        """The same run with one more thing done by hand; events stand in the order of their steps."""
        place = sum(1 for other in self.events if other.step <= event.step)
        return replace(self, events=(*self.events[:place], event, *self.events[place:]))

    def until(self, step: int) -> "Experiment":
        """The run as it came to `step`: what was done by hand from then on is left out."""
        before = (event for event in self.events if event.step < step)
        return replace(self, events=tuple(replace(e, count=min(e.count, step - e.step)) for e in before))

    def settings(self) -> dict[str, Value]:
        """All settings in force after the last event, by their keys on the command line."""
        start = {**self.config, **{f"train.{name}": value for name, value in to_dict(self.train).items()}}
        return start | {name: value for event in self.events for name, value in event.set.items()}

    def to_json(self) -> dict[str, Any]:
        """The file's content, all defaults spelled out."""
        return {
            "format_version": FORMAT_VERSION,
            "model": self.model,
            "data": self.data,
            "config": dict(self.config),
            "data_options": dict(self.data_options),
            "train": to_dict(self.train),
            "seed": self.seed,
            "threads": self.threads,
            "device": self.device,
            **({"processes": self.processes} if self.processes > 1 else {}),  # older versions know no such key
            "budget": {"kind": self.budget.kind, "amount": self.budget.amount},
            "events": [event.to_json() for event in self.events],
        }

    @classmethod
    def from_json(cls, content: object) -> "Experiment":
        """Reads the file's content. Raises UsageError naming the key that is wrong."""
        if not isinstance(content, dict):
            raise UsageError("An experiment is a JSON object; this file holds something else.")
        version = content.get("format_version", FORMAT_VERSION)
        if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
            raise UsageError(f"This experiment has format {version}; this version of the playground reads up to "
                             f"{FORMAT_VERSION}. Install a newer one.")  # fmt: skip
        known = {f.name for f in fields(cls)} | {"format_version"}
        for key in content:
            if key not in known:
                raise UsageError(f"The experiment has an unknown key '{key}'. Known: {', '.join(sorted(known))}.")
        return cls(
            model=_word(content.get("model"), "model"),
            data=_word(content.get("data"), "data"),
            config=_values(content, "config"),
            data_options=_values(content, "data_options"),
            train=from_dict(TrainSettings, _values(content, "train")),
            seed=_whole(content.get("seed", 0), "seed"),
            threads=_whole(content.get("threads", 1), "threads", low=1, high=1024),
            device=_word(content.get("device", "cpu"), "device"),
            processes=_whole(content.get("processes", 1), "processes", low=1, high=2**16),
            budget=_budget(content.get("budget", {})),
            events=_events(content.get("events", [])),
        )

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all. Raises PlaygroundError."""
        with whole_file(path, "experiment") as part:
            part.write_text(json.dumps(self.to_json(), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Experiment":
        """Reads a file. Raises UsageError where there is none or it is no experiment, PlaygroundError for damage."""
        from playground.core.untrusted import read_json  # brings torch, which a window does without at first

        if not path.is_file():
            raise UsageError(f"There is no experiment file {path}.")
        return cls.from_json(read_json(path))


def _values(content: Mapping[str, Any], key: str) -> dict[str, Value]:
    values = content.get(key, {})
    if not isinstance(values, dict) or not all(isinstance(v, int | float | bool | str) for v in values.values()):
        raise UsageError(f"'{key}' of an experiment is an object of numbers, words and switches.")
    return values


def _word(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"'{key}' of an experiment is a name.")
    return value


def _whole(value: object, key: str, low: int = 0, high: int = 2**63 - 1) -> int:
    if type(value) is not int or not low <= value <= high:
        raise UsageError(f"'{key}' of an experiment is a whole number from {low} to {high}.")
    return value


def _budget(value: object) -> Budget:
    if not isinstance(value, dict) or not set(value) <= {"kind", "amount"}:
        raise UsageError("'budget' of an experiment is an object of 'kind' and 'amount'.")
    whole = Budget()
    kind, amount = value.get("kind", whole.kind), value.get("amount", whole.amount)
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise UsageError("'amount' of a budget is a number.")
    return Budget(_word(kind, "kind"), amount)


def _events(items: object) -> tuple[Event, ...]:
    if not isinstance(items, list):
        raise UsageError("'events' of an experiment is a list.")
    events = tuple(_event(item) for item in items)
    if any(later.step < earlier.step for earlier, later in pairwise(events)):
        raise UsageError("The events of an experiment stand in the order of their steps.")
    return events


def _event(item: object) -> Event:
    if not isinstance(item, dict) or not set(item) <= {"step", "set", "parts", "count"}:
        raise UsageError("An event of an experiment is an object of 'step', 'set', 'parts' and 'count'.")
    parts = item.get("parts", [])
    if not isinstance(parts, list):
        raise UsageError("'parts' of an event is a list of names.")
    return Event(
        step=_whole(item.get("step"), "step"),
        set=_values(item, "set"),
        parts=tuple(_word(part, "parts") for part in parts),
        count=_whole(item.get("count", 0), "count"),
    )
