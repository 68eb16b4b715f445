"""The lines of a script that are not the model's: what it is, its data, and the loop that trains."""

import textwrap
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from playground import __version__
from playground.core.data import DataSpec
from playground.core.experiment import Event, Experiment, TrainSettings
from playground.core.hyperparams import Value, params
from playground.script.bundle import WIDTH
from playground.script.text import literal

SHOWN = 20  # losses that are printed one by one
SELDOM = 100  # steps between those printed later


def docstring(experiment: Experiment, title: str, about: str, data: str) -> list[str]:
    """What this run is, and how to start it.

    Args:
        about: the docstring of the family's own file.
        data: where the training data lie, or "" where they are generated.
    """
    train = experiment.train
    lies = f"Its training data lie {data}, in an .npz of the same name. " if data else ""
    words = [
        f"{title} on {experiment.data}: one run of the generative-model playground as a plain torch script.",
        about,
        f"This run: seed {experiment.seed}, batches of {train.batch}, learning rate {train.lr:g}, "
        f"{experiment.threads} CPU thread{'s' * (experiment.threads > 1)}. {lies}Settings of the model stand in its "
        "settings class, with what they mean. Branches that this run cannot take were left out of the code. The "
        "playground also averages the weights for sampling and measures the loss on held-out data; neither changes "
        "the losses printed here, so neither is part of this file.",
        f"Start it with `python FILE [STEPS]`: it prints the first {SHOWN} losses one by one, then every {SELDOM}th. "
        "On the same machine, with the same versions and threads on a CPU, they equal those of the run bit for bit. "
        f"It needs torch and numpy only. Written by playground {__version__}.",
    ]
    lines = ['"""' + words[0], ""]
    for part in "\n\n".join(words[1:]).split("\n\n"):
        lines += [*textwrap.wrap(" ".join(part.split()), WIDTH), ""]
    return [*lines[:-1], '"""']


def spec_lines(spec: DataSpec) -> list[str]:
    """The data's spec as code; what is as usual is left out."""
    lines = ["spec = DataSpec("]
    for field in fields(spec):
        value = getattr(spec, field.name)
        if field.name in ("name", "shape") or value != field.default:
            if field.name == "factors":
                lines += ["    factors=(", *(f"        {_factor(factor)}," for factor in value), "    ),"]
            else:
                lines.append(f"    {field.name}={literal(value)},")
    return [*lines, ")"]


def _factor(factor: Any) -> str:
    changed = [f"{f.name}={literal(getattr(factor, f.name))}" for f in fields(factor)[1:]
               if getattr(factor, f.name) != f.default]  # fmt: skip
    return f"Factor({', '.join([literal(factor.name), *changed])})"


def loop(experiment: Experiment, model: str, build: str, *, full_batch: bool) -> list[str]:
    """Building the model and training it.

    Args:
        model: the name of its class.
        build: how it is made from `spec` and `config`.
        full_batch: whether each step takes all data.
    """
    train, device, budget = experiment.train, experiment.device, experiment.budget
    steps = max(int(budget.amount), SHOWN) if budget.kind == "steps" else 1000
    elsewhere = device != "cpu"
    at = f", {device!r}" if elsewhere else ""
    has_batches = [] if full_batch else ["order = stream(SEED, 'order')  # decides which examples come when"]
    lines = [
        f"SEED = {experiment.seed}",
        f"STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else {steps}",
        f"torch.set_num_threads({experiment.threads})",
        "",
        "# Every purpose has a stream of random numbers of its own.",
        "torch.manual_seed(stream(SEED, 'init').initial_seed())  # the layers draw their first weights from it",
        f"config = {model}.Config()",
        f"model = {build}",
        "model.prepare(train, stream(SEED, 'prepare'))",
        f"model.to({device!r}).train()" if elsewhere else "model.train()",
        *([f"train = train.to({device!r})"] if elsewhere else []),
        "optimizers = model.configure_optimizers()",
        *(_HOOK if _is_tamed(experiment) else []),
        *has_batches,
        f"noise = stream(SEED, 'training'{at})",
        "",
        f"learning_rate, warmup = {train.lr!r}, {train.warmup}"
        if full_batch
        else f"batch_size, learning_rate, warmup = {train.batch}, {train.lr!r}, {train.warmup}",
        *([f"weight_decay, longest = {train.weight_decay!r}, {train.clip!r}"] if _is_tamed(experiment) else []),
        *([] if full_batch else ["shuffled, place = torch.empty(0, dtype=torch.int64), 0"]),
        "for step in range(STEPS):",
    ]
    lines += [f"    {line}" for line in _step(experiment, model, full_batch=full_batch)]
    return [line.replace("'", '"') for line in lines]


_HOOK = [
    "",
    "",
    "@torch.no_grad()",
    "def before_step(optimizer, args, kwargs):  # long gradients are shortened, weights decay",
    "    weights = [p for group in optimizer.param_groups for p in group['params']]",
    "    if longest:",
    "        torch.nn.utils.clip_grad_norm_(weights, longest)",
    "    if weight_decay:",
    "        for group in optimizer.param_groups:",
    "            torch._foreach_mul_(group['params'], 1 - group['lr'] * weight_decay)",
    "",
    "",
    "for optimizer in optimizers.values():",
    "    optimizer.register_step_pre_hook(before_step)",
]


def _is_tamed(experiment: Experiment) -> bool:
    """Whether gradients are shortened or weights decay, at first or by a change by hand."""
    train, by_hand = experiment.train, {key for event in experiment.events for key in event.set}
    return bool(train.weight_decay or train.clip or by_hand & {"train.weight_decay", "train.clip"})


def _step(experiment: Experiment, model: str, *, full_batch: bool) -> Iterator[str]:
    parts = "model.parts"
    for event in experiment.events:
        yield from _by_hand(event, experiment)
    if any(event.count for event in experiment.events):
        parts = "parts"
        yield "parts = model.parts"
        for event in experiment.events:
            if event.count:
                yield f"if {event.step} <= step < {event.step + event.count}:  # stepped by hand"
                yield f"    parts = {literal(event.parts)}"
    yield "for optimizer in optimizers.values():"
    yield "    for group in optimizer.param_groups:"
    yield "        group['lr'] = learning_rate * (min(1.0, (step + 1) / warmup) if warmup else 1.0)"
    yield "        group['lr'] *= group.get('lr_scale', 1.0)"
    batch = "train"
    if not full_batch:
        batch = "train.take(rows)"
        yield "size = min(batch_size, len(train.x))"
        yield "if place + size > len(shuffled):  # a new epoch; a remainder smaller than a batch is left out"
        yield "    shuffled, place = torch.randperm(len(train.x), generator=order), 0"
        yield "rows = shuffled[place : place + size]"
        yield "place += size"
        if experiment.device != "cpu":
            batch = f"train.take(rows.to({experiment.device!r}))"
    yield f"terms = model.train_step({batch}, optimizers, noise, {parts})"
    yield f"if step < {SHOWN} or (step + 1) % {SELDOM} == 0:"
    yield "    words = [f'{name} {float(value.float())!r}' for name, value in terms.items()]"
    yield "    print(f'step {step + 1}', *words, sep='  ')"
    yield "if model.finished:"
    yield "    break"


def _by_hand(event: Event, experiment: Experiment) -> Iterator[str]:
    """The lines that make a live change."""
    names = {"train.lr": "learning_rate", "train.batch": "batch_size", "train.warmup": "warmup",
             "train.weight_decay": "weight_decay", "train.clip": "longest"}  # fmt: skip
    known = {f"train.{name}": spec for name, spec in params(TrainSettings).items()}
    of_model: dict[str, Value] = {key: value for key, value in event.set.items() if key not in known}
    of_run = {names[key]: known[key].checked(value) for key, value in event.set.items() if key in names}
    if of_model or of_run:
        yield f"if step == {event.step}:  # changed by hand"
    for name, value in of_run.items():
        yield f"    {name} = {value!r}"
    if of_model:
        yield f"    model.config = replace(model.config, {', '.join(f'{k}={literal(v)}' for k, v in of_model.items())})"
