"""Trains any model in turns: short bursts of whole steps, each reported by one small record.

The trainer is a generator. Whoever iterates it (command line, worker thread, test) owns pace, pause, stop and
display; to pause is to not ask for the next turn. It knows neither Qt nor a family by name.
"""

import math
from collections.abc import Callable, Generator, Mapping
from typing import Any
from weakref import WeakMethod

import torch
from torch import Tensor
from torch.optim import Optimizer

from playground.core import restoring
from playground.core.alarms import DIVERGED
from playground.core.data import Batch, Dataset
from playground.core.device import use_threads
from playground.core.errors import PlaygroundError, UsageError, unknown
from playground.core.experiment import Budget, Event, Experiment, TrainSettings
from playground.core.hyperparams import Value, changed, from_dict, params
from playground.core.model import GenerativeModel, empty_copy
from playground.core.random import stream
from playground.core.ranks import ALONE, Ranks
from playground.core.records import TrainRecord
from playground.core.run_folder import Snapshot
from playground.core.stopwatch import Stopwatch

TURN_SECONDS = 0.02
HELD_OUT_EVERY = 50  # steps between two looks at validation data
HELD_OUT_SIZE = 256  # examples in one look


class Diverged(PlaygroundError):
    """The loss is no longer a finite number."""


class Trainer:
    """One run in progress.

    Attributes:
        experiment: grows an event for each change made by hand.
        model: the live weights.
        sampler: an eval-mode model that shares memory with the average of the weights (EMA), or with the live weights
            where no average is kept. It changes as training goes on.
        step, seconds: how far the run is; pauses do not count.
        score: the newest held-out loss; None where there is none, or it is not finite.
        sound: False during a turn and after one that failed, when there is nothing worth saving.
        ranks: the processes that train this together.
    """

    def __init__(
        self, model_class: type[GenerativeModel], dataset: Dataset, experiment: Experiment, ranks: Ranks = ALONE
    ) -> None:
        """A run at step 0. Raises UsageError where the family cannot learn such data."""
        if reason := model_class.supports(dataset.spec):
            raise UsageError(reason)
        use_threads(experiment.threads)
        self.experiment = experiment
        self.ranks = ranks
        self.dataset = dataset.to(experiment.device)
        self.step = 0
        self.seconds = 0.0
        self.score: float | None = None
        self.sound = True
        self.settings: TrainSettings = experiment.train
        self._applied = 0  # events already in force

        # Weights are always drawn on the CPU: one seed gives one start on every device.
        config = from_dict(model_class.Config, experiment.config)
        self.model = model_class.fresh(dataset.spec, config, stream(experiment.seed, "init"))
        self.model.prepare(dataset.train, stream(experiment.seed, "prepare"))
        self.model.to(experiment.device).train()
        self._parameters: list[Tensor] = list(self.model.parameters())  # found once: looking takes long
        ranks.share(self.model.state_dict().values())
        ranks.average_gradients(self.model)
        self.optimizers = self.model.configure_optimizers()
        before_step = WeakMethod(self._before_step)  # held by its optimizers, a trainer would outlive its use
        for optimizer in self.optimizers.values():
            optimizer.register_step_pre_hook(lambda *arguments: before_step()(*arguments))  # type: ignore[misc]
        self._order = stream(experiment.seed, "order")
        self._noise = stream(experiment.seed, ranks.noise("training"), experiment.device)
        self._epoch_state = self._order.get_state()
        self._permutation = torch.empty(0, dtype=torch.int64)
        self._cursor = 0
        self._average = self._copy_of_parameters()
        self.sampler = self._shared_sampler()
        for event in experiment.events:  # complain now, not in the middle of the run
            self._with_changes(event.set)
            self.check_parts(event.parts)

    # -- turns ----------------------------------------------------------------------------------------------------

    def run(self, budget: Budget) -> Generator[TrainRecord, None, None]:
        """Turns until the budget, a total, is spent or the model is finished; to stop before, close it."""
        try:
            while not self.ranks.lead(self.over(budget)):
                yield self.turn(budget)
        except GeneratorExit:  # the others wait for the next turn
            if self.ranks.first:
                self.ranks.lead(True)
            raise

    def over(self, budget: Budget) -> bool:
        """Whether nothing is left to do."""
        return self.model.finished or budget.spent(self.step, self.seconds)

    def turn(
        self, budget: Budget | None = None, steps: int | None = None, called: Callable[[], bool] = lambda: False
    ) -> TrainRecord:
        """Trains for about 20 ms, or at most `steps`, and never past the budget or a milestone; less as soon as the
        caller is `called` away.

        Raises Diverged when the loss is no longer finite.
        """
        use_threads(self.experiment.threads)
        self.sound = False
        watch, first = Stopwatch(), self.step
        values: list[dict[str, Tensor]] = []
        self._apply_events()
        held_out = {0: self._look_at_validation()} if self.step == 0 else {}
        trained = self.model.parts
        while True:
            self._apply_events()
            trained = self._parts_now()
            values.append(self._train_step(trained))
            if self.model.full_batch or self.step % HELD_OUT_EVERY == 0:  # few steps, each dearer than a look
                held_out[self.step] = self._look_at_validation()
            spent = watch.seconds()
            enough = len(values) >= steps if steps else spent >= TURN_SECONDS or called()
            enough = enough or bool(budget and budget.spent(self.step, self.seconds + spent))
            if self.ranks.lead(enough or is_milestone(self.step) or self.model.finished):
                break
        if self._sampler_is_stale():
            self.sampler = self._shared_sampler()
        floats = _to_floats(values, self.ranks)  # the one wait for the device in a turn
        self.seconds += watch.seconds()
        record = TrainRecord(first, self.step, self.seconds, floats, held_out, trained, self.model.finished)
        _check_finite(record)
        self.sound = True
        return record

    def _train_step(self, parts: tuple[str, ...]) -> dict[str, Tensor]:
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self._learning_rate() * group.get("lr_scale", 1.0)
        values = self.ranks.step(
            self.model, lambda: self.model.train_step(self._next_batch(), self.optimizers, self._noise, parts)
        )
        self.step += 1
        self._update_average(parts)
        return values

    def _learning_rate(self) -> float:
        warmup = self.settings.warmup
        return self.settings.lr * (min(1.0, (self.step + 1) / warmup) if warmup else 1.0)

    @torch.no_grad()
    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Between a part's gradients and its step: a long gradient is shortened, and the weights decay by themselves,
        apart from what the optimizer makes of gradients (Loshchilov, Hutter 2019, arXiv 1711.05101)."""
        if clip := self.settings.clip:
            torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], clip)
        if decay := self.settings.weight_decay:
            for group in optimizer.param_groups:
                torch._foreach_mul_(group["params"], 1 - group["lr"] * decay)

    def _next_batch(self) -> Batch:
        """The next rows of a shuffled epoch; a remainder smaller than a batch is left for the next shuffle."""
        train = self.dataset.train
        if self.model.full_batch:
            return train
        size = min(self.settings.batch, len(train))
        if self._cursor + size > len(self._permutation):
            self._epoch_state = self._order.get_state()
            self._permutation = torch.randperm(len(train), generator=self._order).to(train.x.device)
            self._cursor = 0
        rows = self._permutation[self._cursor : self._cursor + size]
        self._cursor += size
        return train.take(self.ranks.part(rows))

    # -- the average of the weights -------------------------------------------------------------------------------

    def _copy_of_parameters(self) -> list[Tensor] | None:
        """The start of the average; None where none is wanted, or where nothing is learned by gradients."""
        if not self.settings.ema:
            return None
        return [parameter.detach().clone() for parameter in self._parameters] or None

    @torch.no_grad()
    def _update_average(self, trained: tuple[str, ...]) -> None:
        """Moves the average a little towards the weights; that of a part at rest stays, or its samples would change."""
        if (self._average is not None) != bool(self.settings.ema and self._parameters):  # switched on or off mid-run
            self._average = self._copy_of_parameters()
            self.sampler = self._shared_sampler()
        if self._average is not None:
            # The first steps are averaged over fewer predecessors, else the random start would linger.
            decay = min(self.settings.ema, (1 + self.step) / (10 + self.step))
            averages, parameters = self._average, self._parameters
            if resting := {id(parameter) for part, optimizer in self.optimizers.items() if part not in trained
                           for group in optimizer.param_groups for parameter in group["params"]}:  # fmt: skip
                moving = [i for i, parameter in enumerate(parameters) if id(parameter) not in resting]
                averages, parameters = [averages[i] for i in moving], [parameters[i] for i in moving]
            if averages:
                torch._foreach_lerp_(averages, parameters, 1.0 - decay)

    def _shared_sampler(self) -> GenerativeModel:
        weights = dict(self.model.state_dict())
        if self._average is not None:
            names = [name for name, _ in self.model.named_parameters()]
            weights |= dict(zip(names, self._average, strict=True))
        return empty_copy(self.model, weights)

    def _sampler_is_stale(self) -> bool:
        """Whether the model replaced a buffer (``self.mean = ...``) instead of writing into it."""
        theirs = dict(self.sampler.named_buffers())
        return any(theirs[name].data_ptr() != mine.data_ptr() for name, mine in self.model.named_buffers())

    @torch.no_grad()
    def _look_at_validation(self) -> dict[str, float]:
        self.sampler.config = self.model.config
        result = held_out_terms(self.sampler, self.dataset.validation, self.experiment.seed)
        loss = next(iter(result.values()), math.nan)
        self.score = loss if math.isfinite(loss) else None
        return result

    # -- changes by hand ------------------------------------------------------------------------------------------

    def change(self, changes: Mapping[str, Value]) -> None:
        """Changes live settings from the next step on, and remembers it as an event.

        Keys are Config keys, or ``train.KEY``. Raises UsageError for a setting that needs a fresh model.
        """
        self._with_changes(changes)  # complain now, not in the middle of a turn
        self.experiment = self.experiment.with_event(Event(self.step, set=dict(changes)))

    def train_only(self, parts: tuple[str, ...], count: int) -> None:
        """The next `count` steps train only these parts; remembered as an event."""
        self.check_parts(parts)
        self.experiment = self.experiment.with_event(Event(self.step, parts=parts, count=count))

    def check_parts(self, parts: tuple[str, ...]) -> None:
        """Raises UsageError for a part that the model does not have."""
        check_parts(self.model, parts)

    def _apply_events(self) -> None:
        events = self.experiment.events
        while self._applied < len(events) and events[self._applied].step <= self.step:
            self.model.config, self.settings = self._with_changes(events[self._applied].set)
            self._applied += 1

    def _with_changes(self, changes: Mapping[str, Value]) -> tuple[Any, TrainSettings]:
        return with_changes(self.model, self.settings, changes)

    def _parts_now(self) -> tuple[str, ...]:
        for event in reversed(self.experiment.events):
            if event.count and event.step <= self.step < event.step + event.count:
                return event.parts
        return self.model.parts

    # -- saving and resuming --------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Everything to sample and to resume, copied to the CPU.

        Raises Diverged where a number is no longer finite: the last update of a turn may break the weights after its
        loss was measured, and must not be saved over the last good state.
        """
        state = {f"raw/{name}": tensor for name, tensor in self.model.state_dict().items()}
        if self._average is not None:
            state |= {f"average/{i}": tensor for i, tensor in enumerate(self._average)}
        for part, optimizer in self.optimizers.items():
            for i, slots in optimizer.state_dict()["state"].items():
                state |= {f"optimizer/{part}/{i}/{key}": value for key, value in slots.items()}
        if broken := restoring.not_finite(state):
            self.sound = False
            raise Diverged(
                f"{DIVERGED}: {broken.partition('/')[2]} is no longer finite at step {self.step}. "
                "The last saved state is kept. Try a lower learning rate."
            )
        state["generator/epoch"] = self._epoch_state
        own = {f"training/{name}": tensor for name, tensor in self.model.training_state().items()}
        state |= self.ranks.gathered({"generator/noise": self._noise.get_state(), **own})
        return Snapshot(
            experiment=self.experiment,
            step=self.step,
            seconds=self.seconds,
            weights=_on_cpu(self.sampler.state_dict()),
            state=_on_cpu(state),
            position={"cursor": self._cursor, "score": self.score, "finished": self.model.finished},
            score=self.score,
            finished=self.model.finished,
            data_hash=self.dataset.hash,
        )

    def restore(self, state: Mapping[str, Tensor], position: Mapping[str, Any], step: int, seconds: float) -> None:
        """Takes back what `snapshot` gave; the next step is the one that an uninterrupted run would have made."""
        try:
            state = self.ranks.own(state)
            restoring.check_finite({name: state[name] for name in state if "training/" not in name})
            self.model.load_state_dict(_under(state, "raw/"))
            for part, optimizer in self.optimizers.items():
                slots = restoring.optimizer_state(optimizer, _under(state, f"optimizer/{part}/"))
                groups = optimizer.state_dict()["param_groups"]
                optimizer.load_state_dict({"state": slots, "param_groups": groups})
            averages = restoring.average(self._parameters, _under(state, "average/"))
            kept = _under(state, "training/")
            restoring.training_state(self.model.training_state(), kept)
            self._restore_noise(state["generator/noise"], step)
            self._order.set_state(state["generator/epoch"])
            self._epoch_state = state["generator/epoch"]
            self._cursor, self.score = restoring.place(position, len(self.dataset.train))
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            reason = " ".join(str(error).split()).rstrip(".")  # torch's own message has many lines
            raise PlaygroundError(f"This run cannot be resumed, its state does not fit its model: {reason}.") from error
        device = self.experiment.device
        if self._cursor:
            self._permutation = torch.randperm(len(self.dataset.train), generator=self._order).to(device)
        self.step, self.seconds = step, seconds
        self.model.finished = bool(position.get("finished", False))
        self.model.load_training_state({name: tensor.to(device) for name, tensor in kept.items()})
        self._apply_events()
        self._average = averages and [average.to(device) for average in averages]
        self.sampler = self._shared_sampler()

    def _restore_noise(self, state: Tensor, step: int) -> None:
        """Goes on with the stream of noise. Another kind of device has other generators: there a fresh stream begins,
        and the numbers differ from those of the device that the run came from."""
        if state.numel() == self._noise.get_state().numel():
            self._noise.set_state(state)
        else:
            purpose = self.ranks.noise(f"training from {step}")
            self._noise = stream(self.experiment.seed, purpose, self.experiment.device)


def held_out_terms(model: GenerativeModel, validation: Batch, seed: int) -> dict[str, float]:
    """The terms of the loss on validation data under a model's present settings; a run's `seed` gives the same noise at
    every look. Empty where that means nothing for the family."""
    rows = torch.arange(min(HELD_OUT_SIZE, len(validation)), device=validation.x.device)
    generator = stream(seed, "held-out", validation.x.device)
    terms = _to_floats([model.held_out(validation.take(rows), generator)])
    return {name: values[0] for name, values in terms.items()}


def with_changes(
    model: GenerativeModel, settings: TrainSettings, changes: Mapping[str, Value]
) -> tuple[Any, TrainSettings]:
    """Config and training settings after a change by hand, keys as on the command line. Raises UsageError for an
    unknown key, an unfit value, or a setting that needs a fresh model."""
    for_training = {k.removeprefix("train."): v for k, v in changes.items() if k.startswith("train.")}
    for_model = {k: v for k, v in changes.items() if not k.startswith("train.")}
    config, settings = changed(model.config, for_model), changed(settings, for_training)
    known = params(model.config) | {f"train.{name}": p for name, p in params(settings).items()}
    for name in changes:
        if not known[name].live:
            raise UsageError(f"{name} shapes the network; a change needs a fresh model (Reset).")
    if reason := model.may_become(config):
        raise UsageError(reason)
    return config, settings


def check_parts(model: GenerativeModel, parts: tuple[str, ...]) -> None:
    """Raises UsageError for a part that the model does not have."""
    for part in parts:
        if part not in model.parts:
            raise unknown("part of this model", part, list(model.parts))


def is_milestone(step: int) -> bool:
    """Whether the run keeps its weights of this step for scrubbing back in time: 0 and the powers of two."""
    return step & (step - 1) == 0


def _under(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def _to_floats(steps: list[dict[str, Tensor]], ranks: Ranks = ALONE) -> dict[str, tuple[float, ...]]:
    """Every term's values over some steps, the mean over all processes, fetched from the device at once."""
    if not steps or not steps[0]:
        return {}
    names = list(steps[0])
    table = torch.stack([torch.stack([step[name].detach().float() for name in names]) for step in steps])
    columns = ranks.mean(table).T.tolist()
    return {name: tuple(column) for name, column in zip(names, columns, strict=True)}


def _check_finite(record: TrainRecord) -> None:
    for name, values in record.values.items():
        for offset, value in enumerate(values, start=1):
            if not math.isfinite(value):
                raise Diverged(
                    f"{DIVERGED}: the {name} became {value} at step {record.first + offset}. "
                    "The last saved state is kept. Try a lower learning rate."
                )
