"""Answers questions to the live model: from a copy in eval mode, one piece of each pending question at a time."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.errors import PlaygroundError, is_lack_of_memory
from playground.core.hyperparams import from_dict, params
from playground.core.job import Job
from playground.core.messages import Ask, Message
from playground.core.model import GenerativeModel, SampleStep, empty_copy
from playground.core.random import stream
from playground.core.records import Answer, Query

EXACT_ANSWERS = frozenset({"log_density", "score", "sample"})


@dataclass
class _Pending:
    """A query on its way: plain ones take one piece of work, stepwise ones a piece a step.

    Attributes:
        steps: the sampler's states, once it has begun.
        quiet: only the last state is an answer.
        step: of the weights that answer, once they have begun.
    """

    ask: Ask
    steps: Iterator[SampleStep] | None = None
    quiet: bool = False
    step: int = 0


class Answering:
    """The questions of one worker. On each channel only the newest counts.

    Attributes:
        mid_step: while the live weights are neither old nor new; answers come from the copy that was taken before.
    """

    def __init__(self, job: Job, say: Callable[[Message], None]) -> None:
        self._job = job
        self._say = say
        self.mid_step = False
        self._pending: dict[str, _Pending] = {}
        self._eval_model = self._own_copy()
        self.visiting: int | None = None  # the stored step whose weights answer, where it is not the newest

    @property
    def busy(self) -> bool:
        """Whether a question is on its way."""
        return bool(self._pending)

    def ask(self, ask: Ask) -> None:
        """Takes a question; an older one on its channel is forgotten."""
        self._pending[ask.query.channel] = _Pending(ask)

    def visit(self, step: int | None) -> None:
        """Takes the weights of a stored step, or the newest ones again. A trajectory under way keeps its own.

        Raises PlaygroundError where there are none; then all is as it was.
        """
        if step is None:
            self._eval_model = self._own_copy()
        else:
            folder, now = self._job.folder, self._eval_model
            if folder is None:
                raise PlaygroundError("Nothing of this run's past is stored yet; it is once training starts.")
            weights = {name: tensor.to(now.device) for name, tensor in folder.load_weights(step).items()}
            self._eval_model = empty_copy(now, weights)
            self._eval_model.config = self._config_at(step)
            self._copied_step = step
        self.visiting = step

    def _config_at(self, step: int) -> Any:
        """The model's settings as they were at a step, live changes included."""
        trainer, config = self._job.trainer, self._eval_model.config
        settings = (trainer.experiment if trainer else self._job.experiment).until(step).settings()
        return from_dict(type(config), {name: settings[name] for name in params(config) if name in settings})

    def _own_copy(self) -> GenerativeModel:
        trainer = self._job.trainer
        source = trainer.sampler if trainer else self._job.model
        self._copied_step = self._job.step
        copy = empty_copy(source, {name: tensor.clone() for name, tensor in source.state_dict().items()})
        copy.config = (trainer.model if trainer else source).config  # a sampler may lag behind a live change
        return copy

    def refresh(self) -> None:
        """Takes the newest weights, unless a stepwise answer is under way: one trajectory, one set of weights."""
        trainer = self._job.trainer
        if self.mid_step or trainer is None or self.visiting is not None or self._copied_step == trainer.step:
            return
        if any(p.steps for p in self._pending.values()):
            return
        with torch.no_grad():
            theirs = trainer.sampler.state_dict()
            for name, mine in self._eval_model.state_dict().items():
                mine.copy_(theirs[name])
        self._eval_model.config = trainer.model.config
        self._copied_step = trainer.step

    def answer(self) -> None:
        """One piece of each pending question: the window stays served while training goes on."""
        for channel, pending in list(self._pending.items()):
            if pending.steps is None:
                self.refresh()
                pending.step = self._copied_step
            try:
                finished = self._advance(pending)
            except Exception as error:  # noqa: BLE001  (a question that cannot be answered must not end the training)
                query, stamp = pending.ask.query, pending.ask.stamp
                self._say(Answer(query, stamp, pending.step, 0, 0, {}, sentence(error)))
                finished = True
            if finished:
                del self._pending[channel]

    def _advance(self, pending: _Pending) -> bool:
        if pending.steps is None:
            query = pending.ask.query
            pending.quiet = query.target in self._job.helpers
            stepwise = "sample_steps" in self._eval_model.capabilities(self._eval_model.spec)
            if (query.target, query.method) == ("model", "sample") and stepwise:
                query, pending.quiet = replace(query, method="sample_steps"), True  # so that it can be interrupted
            result = self._call(query)
            if not isinstance(result, Iterator):
                self._say_answer(pending, result, 0, 0)
                return True
            pending.steps = result
        state = next(pending.steps, None)
        if state is None:
            return True
        if pending.quiet:
            if state.index < state.total:
                return False
            helped = pending.ask.query.target in self._job.helpers
            self._say_answer(pending, {"x": state.x, **state.views} if helped else state.x, 0, 0)
            return True
        arrays = {"x": state.x, **state.views}
        if state.generator_state is not None:
            arrays["generator_state"] = state.generator_state
        self._say_answer(pending, arrays, state.index, state.total)
        return state.index >= state.total

    def _call(self, query: Query) -> Any:
        """The method's result. Only methods that their class marks as answering can be named."""
        model, helper = self._eval_model, self._job.helpers.get(query.target)
        target = model if query.target == "model" else helper or self._job.dataset.exact
        if target is None or query.method not in getattr(target, "answers", EXACT_ANSWERS):
            raise PlaygroundError(f"There is nothing here that answers '{query.method}'.")
        method = getattr(target, query.method)
        device = model.device  # a run that was trained on a GPU is looked at on a CPU
        arguments = {name: _as_argument(name, value, model, device) for name, value in query.arguments.items()}
        if "generator" in inspect.signature(method).parameters:
            arguments["generator"] = stream(query.seed, "sampling", device)  # as on the command line
        return method(model, **arguments) if target is helper else method(**arguments)

    def _say_answer(
        self, of: _Pending, result: Tensor | Mapping[str, Tensor | np.ndarray], index: int, total: int
    ) -> None:
        found = {"x": result} if isinstance(result, Tensor) else result
        arrays = {name: value if isinstance(value, np.ndarray) else value.detach().cpu().numpy().copy()
                  for name, value in found.items()}  # fmt: skip
        self._say(Answer(of.ask.query, of.ask.stamp, of.step, index, total, arrays))


def _as_argument(name: str, value: Any, model: GenerativeModel, device: torch.device) -> Any:
    """Plain values become what the method takes: arrays tensors, settings a dataclass, `start` a SampleStep."""
    if isinstance(value, tuple):  # `given`: the known pixels and their mask
        return tuple(_as_argument("", item, model, device) for item in value)
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy()).to(device)
    if name == "settings":
        return from_dict(model.SampleSettings, value)
    if name == "start" and value is not None:
        state = value.get("generator_state")  # without one the seed decides
        state = None if state is None else torch.from_numpy(state.copy())
        x = torch.from_numpy(value["x"].copy()).to(device)
        return SampleStep(int(value["index"]), int(value["total"]), x, generator_state=state)
    return value


def sentence(error: BaseException) -> str:
    """A person's sentence for an error."""
    if isinstance(error, PlaygroundError):
        return str(error)
    if is_lack_of_memory(error):
        return "Memory ran out. The last saved state is kept; try a smaller batch or fewer samples."
    return f"Something broke: {type(error).__name__}: {error}. The last saved state is kept."
