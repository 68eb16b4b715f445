"""Runs by name: opening them, starting them, going on with them. Builds the jobs that a backend works on."""

import time
from collections.abc import Callable
from pathlib import Path

from playground import paths, registry
from playground.core.backend import Job, Recorder
from playground.core.device import choose
from playground.core.errors import UsageError
from playground.core.experiment import Budget, Experiment
from playground.core.records import TrainRecord
from playground.core.run_folder import RunFolder
from playground.core.trainer import Trainer


def new_folder(experiment: Experiment) -> Path:
    """Where the next run of the window is kept: a fresh name that sorts by time."""
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{experiment.model}-{experiment.data.replace(':', '_').replace('/', '_')}"
    path, count = paths.runs() / stem, 1
    while path.exists():
        path, count = paths.runs() / f"{stem}-{count}", count + 1
    return path


def start(experiment: Experiment, path: Path | None = None) -> Job:
    """A fresh run at step 0; nothing is written before training starts."""
    dataset = registry.load_data(experiment.data, dict(experiment.data_options))
    trainer = Trainer(registry.model_class(experiment.model), dataset, experiment)
    return Job(experiment, dataset, trainer.sampler, trainer, path=path)


def look_at(run: str) -> Job:
    """A run to be sampled only."""
    opened = registry.open_run(run)
    return Job(opened.experiment, opened.dataset, opened.model, folder=RunFolder.open(opened.path), step=opened.step)


def go_on(path: Path, device: str | None = None) -> Job:
    """A run to be trained further from where it was saved."""
    folder = RunFolder.open(path, for_writing=True)
    experiment = folder.experiment
    dataset = registry.load_data(experiment.data, dict(experiment.data_options))
    trainer = Trainer(registry.model_class(experiment.model), dataset, experiment)
    state, position = folder.load_state()
    trainer.restore(state, position, int(folder.manifest["step"]), float(folder.manifest["seconds"]))
    return Job(experiment, dataset, trainer.sampler, trainer, folder, step=trainer.step)


def open_any(run: str) -> Job:
    """A run by path or name: to go on with if it has its training state, else to be sampled."""
    path = registry.find_run(run)
    has_state = (path / "state.safetensors").exists() or (path / "state.safetensors.new").exists()
    return go_on(path) if has_state else look_at(run)


def train(
    experiment: Experiment, out: Path, resume: bool = False, watch: Callable[[TrainRecord, Trainer], None] | None = None
) -> RunFolder:
    """Trains in the foreground until the experiment's budget is spent; saves on the way, at the end and on Ctrl-C.

    Raises UsageError for a non-empty `out` without `resume`, or a resumed run that is another experiment.
    """
    experiment_device = choose(experiment.device)
    if resume:
        job = go_on(out)
        if job.experiment.identity() != experiment.identity():
            raise UsageError(_difference(job.experiment, experiment))
    else:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(f"{out} is not empty. Nothing was changed; choose another --out, or add --resume.")
        from dataclasses import replace

        job = start(replace(experiment, device=experiment_device), out)
    assert job.trainer is not None
    recorder = Recorder(job)
    try:
        recorder.save_first()
        for record in job.trainer.run(experiment.budget):
            recorder.add(record)
            if watch:
                watch(record, job.trainer)
    finally:
        recorder.save()
    assert job.folder is not None
    return job.folder


def resumed(out: Path, budget: Budget) -> Experiment:
    """The experiment of an existing run with a new total budget."""
    from dataclasses import replace

    return replace(RunFolder.open(out).experiment, budget=budget)


def _difference(kept: Experiment, asked: Experiment) -> str:
    for key, value in kept.identity().items():
        if asked.identity()[key] != value:
            return (
                f"The run has {key} = {value}, but {asked.identity()[key]} was asked for. Nothing was changed; "
                f"leave out --resume and choose another --out, or ask for {value}."
            )
    return "The run is another experiment."
