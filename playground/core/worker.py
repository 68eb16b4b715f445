"""The worker: owns the live model and does one thing after another: commands, a turn of training, one piece of each
pending question. Everything happens on one thread, so nothing needs a lock, and no question waits for a long one."""

import inspect
import queue
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.device import warm_up
from playground.core.errors import PlaygroundError
from playground.core.experiment import Budget, Experiment, TrainSettings
from playground.core.hyperparams import from_dict, params
from playground.core.messages import (
    Ask,
    Change,
    Changed,
    Close,
    Command,
    Failed,
    Message,
    Opened,
    Pause,
    Refused,
    Rested,
    RestState,
    Train,
    Trained,
    TrainSteps,
)
from playground.core.model import GenerativeModel, SampleStep, empty_copy
from playground.core.random import stream
from playground.core.records import Answer, Query, TrainRecord
from playground.core.run_folder import RunFolder
from playground.core.trainer import Trainer, is_milestone

AUTOSAVE_SECONDS = 10.0
EXACT_ANSWERS = frozenset({"log_density", "score", "sample"})
SHOWN_EXAMPLES = 2000  # of the test split, handed to the window


@dataclass
class Job:
    """What a worker works on.

    Attributes:
        trainer: None for a run that can only be sampled.
        folder: the run on disk, once there is one.
        path: where a fresh run will be kept.
    """

    experiment: Experiment
    dataset: Dataset
    model: GenerativeModel
    trainer: Trainer | None = None
    folder: RunFolder | None = None
    path: Path | None = None
    step: int = 0


@dataclass
class _Pending:
    """A query on its way: plain ones take one piece of work, stepwise ones a piece a step.

    Attributes:
        steps: the sampler's states, once it has begun.
        quiet: only the last state is an answer.
    """

    ask: Ask
    steps: Iterator[SampleStep] | None = None
    quiet: bool = False


class Worker:
    """The loop. Everything here happens on one thread, so nothing needs a lock."""

    def __init__(
        self, open_job: Callable[[], Job], commands: "queue.SimpleQueue[Command]", say: Callable[[Message], None]
    ) -> None:
        self._open_job = open_job
        self._commands = commands
        self._say = say
        self._pending: dict[str, _Pending] = {}
        self._goal: Budget | None = None
        self._single_steps: deque[tuple[str, ...]] = deque()  # the parts to train in each; () for all
        self._closing = False

    def run(self) -> None:
        """Opens the run, then works until told to close. The one place where errors are caught."""
        try:
            self._job = self._open_job()
            self._recorder = Recorder(self._job)
            self._eval_model = self._own_copy()
            self._say(self._opened())
            while not self._closing:
                self._obey()
                self._train()
                self._answer()
        except Exception as error:  # noqa: BLE001  (the worker's boundary: whatever breaks becomes words in the window)
            self._say(Failed(_sentence(error), traceback.format_exc()))

    # -- commands -------------------------------------------------------------------------------------------------

    def _obey(self) -> None:
        busy = self._goal is not None or bool(self._single_steps) or bool(self._pending)
        while True:
            try:
                command = self._commands.get(block=False)
            except queue.Empty:
                if busy:
                    return
                warm_up()  # the model is on show and nobody waits
                command = self._commands.get()
            busy = True
            if isinstance(command, Ask):
                self._pending[command.query.channel] = _Pending(command)
            elif isinstance(command, Close):
                self._closing = True
                self._recorder.save()
                return
            else:
                self._obey_training(command)

    def _obey_training(self, command: Train | Pause | TrainSteps | Change) -> None:
        trainer = self._job.trainer
        if trainer is None:
            reason = "This run can only be sampled: it was stored without its training state."
            refusal = (
                Refused(reason)
                if isinstance(command, Change)
                else Rested("idle", self._job.experiment, self._job.step, reason, "", self._folder())
            )
            self._say(refusal)
            return
        try:
            match command:
                case Train(budget):
                    self._recorder.save_first()
                    self._goal = budget
                    self._single_steps.clear()
                case TrainSteps(count, parts):
                    trainer.check_parts(parts)
                    self._recorder.save_first()
                    self._goal = None
                    self._single_steps.extend([parts] * count)
                case Change(changes):
                    trainer.change(changes)
                    self._say(Changed(trainer.experiment))
                case Pause() if self._goal is not None or self._single_steps:  # else it has just come to rest by itself
                    self._rest("paused")
        except PlaygroundError as error:
            if isinstance(command, Change):
                self._say(Refused(str(error)))
            else:  # it could not begin: what was trained so far is as it was
                self._come_to_rest("paused" if trainer.step else "idle", str(error))

    # -- training -------------------------------------------------------------------------------------------------

    def _train(self) -> None:
        trainer = self._job.trainer
        if trainer is None or self._closing:
            return
        try:
            if self._single_steps:
                if parts := self._single_steps.popleft():
                    trainer.train_only(parts, 1)
                self._report(trainer.turn(steps=1))
                if not self._single_steps:
                    self._rest("paused")
            elif self._goal is not None:
                if not trainer.over(self._goal):
                    self._report(trainer.turn(self._goal))
                if trainer.over(self._goal):
                    self._rest("done")
        except Exception as error:  # noqa: BLE001  (an update that broke leaves the window and the saved run whole)
            # A save that failed leaves the weights whole: training can go on once there is room.
            state: RestState = "paused" if trainer.sound and isinstance(error, PlaygroundError) else "failed"
            self._come_to_rest(state, _sentence(error), traceback.format_exc())

    def _report(self, record: TrainRecord) -> None:
        assert self._job.trainer is not None
        self._job.step = record.step
        self._recorder.add(record)
        self._say(Trained(record))

    def _rest(self, state: Literal["paused", "done"]) -> None:
        message = ""
        try:
            self._recorder.save()
        except PlaygroundError as error:
            message = str(error)
        self._come_to_rest(state, message)

    def _come_to_rest(self, state: RestState, message: str = "", details: str = "") -> None:
        self._goal = None
        self._single_steps.clear()
        trainer = self._job.trainer
        assert trainer is not None
        self._say(Rested(state, trainer.experiment, trainer.step, message, details, self._folder()))

    def _folder(self) -> str:
        return str(self._job.folder.path) if self._job.folder else ""

    # -- questions ------------------------------------------------------------------------------------------------

    def _own_copy(self) -> GenerativeModel:
        source = self._job.trainer.sampler if self._job.trainer else self._job.model
        self._copied_step = self._job.step
        return empty_copy(source, {name: tensor.clone() for name, tensor in source.state_dict().items()})

    def _refresh(self) -> None:
        """Takes the newest weights, unless a stepwise answer is under way: one trajectory, one set of weights."""
        trainer = self._job.trainer
        if trainer is None or self._copied_step == trainer.step or any(p.steps for p in self._pending.values()):
            return
        with torch.no_grad():
            theirs = trainer.sampler.state_dict()
            for name, mine in self._eval_model.state_dict().items():
                mine.copy_(theirs[name])
        self._eval_model.config = trainer.model.config
        self._copied_step = trainer.step

    def _answer(self) -> None:
        """One piece of each pending question: the window stays served while training goes on."""
        for channel, pending in list(self._pending.items()):
            if pending.steps is None:
                self._refresh()
            try:
                finished = self._advance(pending)
            except Exception as error:  # noqa: BLE001  (a question that cannot be answered must not end the training)
                query, stamp = pending.ask.query, pending.ask.stamp
                self._say(Answer(query, stamp, self._copied_step, 0, 0, {}, _sentence(error)))
                finished = True
            if finished:
                del self._pending[channel]

    def _advance(self, pending: _Pending) -> bool:
        if pending.steps is None:
            query = pending.ask.query
            if query.method == "sample" and "sample_steps" in self._eval_model.capabilities(self._eval_model.spec):
                query, pending.quiet = replace(query, method="sample_steps"), True  # so that it can be interrupted
            result = self._call(query)
            if not isinstance(result, Iterator):
                self._say_answer(pending.ask, result, 0, 0)
                return True
            pending.steps = result
        state = next(pending.steps, None)
        if state is None:
            return True
        if pending.quiet:
            if state.index < state.total:
                return False
            self._say_answer(pending.ask, state.x, 0, 0)
            return True
        arrays = {"x": state.x, **state.views}
        if state.generator_state is not None:
            arrays["generator_state"] = state.generator_state
        self._say_answer(pending.ask, arrays, state.index, state.total)
        return state.index >= state.total

    def _call(self, query: Query) -> Any:
        """The method's result. Only methods that their class marks as answering can be named."""
        model, exact = self._eval_model, self._job.dataset.exact
        target, allowed = (model, model.answers) if query.target == "model" else (exact, EXACT_ANSWERS)
        if target is None or query.method not in allowed:
            raise PlaygroundError(f"There is nothing here that answers '{query.method}'.")
        method = getattr(target, query.method)
        device = model.device  # a run that was trained on a GPU is looked at on a CPU
        arguments = {name: _as_argument(name, value, model, device) for name, value in query.arguments.items()}
        if "generator" in inspect.signature(method).parameters:
            arguments["generator"] = stream(query.seed, "window", device)
        return method(**arguments)

    def _say_answer(self, ask: Ask, result: Tensor | Mapping[str, Tensor], index: int, total: int) -> None:
        tensors = {"x": result} if isinstance(result, Tensor) else result
        arrays = {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
        self._say(Answer(ask.query, ask.stamp, self._copied_step, index, total, arrays))

    def _opened(self) -> Opened:
        job, model = self._job, self._job.model
        records = tuple(job.folder.records()) if job.folder else ()
        seconds = job.trainer.seconds if job.trainer else float(job.folder.manifest["seconds"]) if job.folder else 0.0
        experiment = job.trainer.experiment if job.trainer else job.experiment
        facts = describe(model, job.dataset)
        return Opened(experiment, job.step, seconds, facts, job.trainer is not None, self._folder(), records)


@dataclass
class Recorder:
    """Saves a run: at its start, at milestones, every ten seconds, and when asked."""

    job: Job
    _unsaved: list[TrainRecord] = field(default_factory=list)
    _saved_at: float = 0.0
    _saved_step: int = -1
    _starting: bool = False

    def __post_init__(self) -> None:
        if self.job.folder is not None:
            self._saved_step = self.job.folder.step  # a run that is only looked at is not written to

    def save_first(self) -> None:
        """Before step 1, so that a run killed at any moment can be opened."""
        self._starting = True
        if self._saved_step < 0:
            self.save()

    def add(self, record: TrainRecord) -> None:
        """Takes a turn's record, and saves if it is time."""
        self._unsaved.append(record)
        due = time.monotonic() - self._saved_at > AUTOSAVE_SECONDS
        if due or is_milestone(record.step):
            self.save()

    def save(self) -> None:
        """Saves all that is new."""
        trainer, job = self.job.trainer, self.job
        if trainer is None or self._saved_step == trainer.step or (job.folder is None and job.path is None):
            return
        if not trainer.sound:
            return  # a turn failed half-way: what was saved before is better
        if job.folder is None:
            if trainer.step == 0 and not self._starting:
                return  # nothing was trained: leave no empty run behind
            assert job.path is not None
            job.folder = RunFolder.create(job.path, trainer.snapshot())
        else:
            job.folder.save(trainer.snapshot(), self._unsaved)
            self._unsaved = []
        self._saved_at, self._saved_step = time.monotonic(), trainer.step


def describe(model: GenerativeModel, dataset: Dataset) -> dict[str, Any]:
    """What a window needs to know of a model and its data, as plain values and numpy arrays."""
    spec = dataset.spec
    floor = dataset.exact.entropy if dataset.exact and model.bounds_nll and not model.conditional else None
    return {
        "shape": spec.shape,
        "kind": spec.kind,
        "extent": spec.extent,
        "factors": tuple((factor.name, factor.values) for factor in spec.factors if factor.size),
        "capabilities": model.capabilities(spec),
        "density_kind": model.density,
        "conditional": model.conditional,
        "latent_dim": model.latent_dim,
        "parts": model.parts,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "floor": floor,
        "data_hash": dataset.hash,
        "test": dataset.test.x[:SHOWN_EXAMPLES].cpu().numpy(),
        "test_labels": dataset.test.labels[:SHOWN_EXAMPLES].cpu().numpy(),
        "config_fields": tuple(params(model.Config).values()),
        "sample_fields": tuple(params(model.SampleSettings).values()),
        "train_fields": tuple(params(TrainSettings).values()),
    }


def _as_argument(name: str, value: Any, model: GenerativeModel, device: torch.device) -> Any:
    """Plain values become what the method takes: arrays tensors, settings a dataclass, `start` a SampleStep."""
    if isinstance(value, tuple):  # `given`: the known pixels and their mask
        return tuple(_as_argument("", item, model, device) for item in value)
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy()).to(device)
    if name == "settings":
        return from_dict(model.SampleSettings, value)
    if name == "start" and value is not None:
        state = torch.from_numpy(value["generator_state"].copy())
        x = torch.from_numpy(value["x"].copy()).to(device)
        return SampleStep(int(value["index"]), int(value["total"]), x, generator_state=state)
    return value


def _sentence(error: BaseException) -> str:
    """A person's sentence for an error."""
    if isinstance(error, PlaygroundError):
        return str(error)
    if isinstance(error, torch.OutOfMemoryError):
        return "Memory ran out. The last saved state is kept; try a smaller batch or fewer samples."
    return f"Something broke: {type(error).__name__}: {error}. The last saved state is kept."
