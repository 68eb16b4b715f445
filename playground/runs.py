"""Runs by name: opening them, starting them, going on with them. Builds the jobs that a backend works on."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from playground import paths, registry
from playground.core.device import choose
from playground.core.errors import UsageError
from playground.core.experiment import Budget, Experiment
from playground.core.job import Job, Recorder
from playground.core.manifest import STATE
from playground.core.ranks import ALONE, Ranks
from playground.core.records import TrainRecord
from playground.core.run_files import is_free
from playground.core.run_folder import RunFolder
from playground.core.trainer import Trainer

OPEN_ELSEWHERE = (
    "Followed: trained elsewhere. This run is open in another window or is being trained, so here it can only be "
    "sampled; what is saved there appears here. Close it there and open it again to train on."
)


def new_folder(experiment: Experiment) -> Path:
    """Where the next run of the window is kept: a fresh name that sorts by time."""
    data = experiment.data.replace(":", "_").replace("/", "_")
    now = time.time_ns()  # to the microsecond, since several sessions may begin in the same second
    stamp = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now // 10**9))}-{now // 1000 % 10**6:06d}"
    return paths.runs() / f"{stamp}-{experiment.model}-{data}"


def start(experiment: Experiment, path: Path | None = None, ranks: Ranks = ALONE) -> Job:
    """A fresh run at step 0; nothing is written before training starts."""
    experiment = replace(experiment, device=choose(experiment.device), processes=ranks.size)
    ranks.check(experiment.device, experiment.train.batch)
    with ranks.one_by_one():
        dataset = registry.load_data(experiment.data, dict(experiment.data_options))
    trainer = Trainer(registry.model_class(experiment.model), dataset, experiment, ranks)
    return Job(experiment, dataset, trainer.sampler, trainer, path=path)


def look_at(run: str) -> Job:
    """A run to be sampled only."""
    opened = registry.open_run(run)
    experiment = replace(opened.experiment, device="cpu")  # wherever it was trained
    folder = RunFolder.open(opened.path)
    notice = registry.data_change(folder, opened.dataset)
    return Job(experiment, opened.dataset, opened.model, folder=folder, step=opened.step, notice=notice)


def go_on(path: Path, device: str | None = None, ranks: Ranks = ALONE) -> Job:
    """A run to be trained further from where it was saved, on its own device or another. Raises UsageError where its
    data are no longer those that it was trained on, or it was trained by more processes or by fewer."""
    mine = [RunFolder.open(path)] if ranks.first else []  # the first save makes it ready for writing
    experiment = ranks.from_first(lambda: mine[0].experiment)
    if reason := trained_by_others(experiment, ranks.size):
        raise UsageError(reason)
    experiment = replace(experiment, device=choose(device or experiment.device))
    ranks.check(experiment.device, experiment.train.batch)
    with ranks.one_by_one():
        dataset = registry.load_data(experiment.data, dict(experiment.data_options))
    if mine and (change := registry.data_change(mine[0], dataset)):
        raise UsageError(change)
    trainer = Trainer(registry.model_class(experiment.model), dataset, experiment, ranks)
    trainer.restore(*ranks.from_first(lambda: _stored(mine[0])))
    job = Job(experiment, dataset, trainer.sampler, trainer, path=path, step=trainer.step)
    job.folder = mine[0] if mine else None
    return job


def _stored(folder: RunFolder) -> tuple[Mapping[str, Any], Mapping[str, Any], int, float]:
    state, position = folder.load_state()
    return state, position, int(folder.manifest["step"]), float(folder.manifest["seconds"])


def trained_by_others(experiment: Experiment, processes: int = 1) -> str:
    """Why so many processes cannot go on with a run, or "": each has noise of its own."""
    if experiment.processes == processes:
        return ""
    if experiment.processes == 1:
        return "This run was trained by one process and goes on exactly only so: resume it without torchrun."
    return (
        f"This run was trained by {experiment.processes} processes together and goes on exactly only so: torchrun "
        f"--nproc-per-node {experiment.processes} -m playground train {experiment.model} --out DIR --resume."
    )


def open_any(run: str) -> Job:
    """A run by path or name: to go on with if it has its training state and its data are the same, else to be
    sampled."""
    path = registry.find_run(run)
    folder = RunFolder.open(path)
    if STATE not in folder.manifest["files"]:
        return look_at(run)
    experiment = folder.experiment
    if reason := trained_by_others(experiment):
        return replace(look_at(run), notice=f"{reason} Here it is followed and can be sampled.", followed=True)
    if registry.data_change(folder, registry.load_data(experiment.data, dict(experiment.data_options))):
        return look_at(run)
    job = go_on(path, _to_be_had(experiment.device))
    if job.claim(path):
        return job
    return replace(look_at(run), notice=OPEN_ELSEWHERE, followed=True)


def _to_be_had(device: str) -> str:
    """A run's device, or another where it was trained on a GPU that this machine does not have."""
    try:
        return choose(device)
    except UsageError:
        return choose("auto")


def fork(run: str, step: int | None, out: Path | None = None) -> Job:
    """A run of its own in `out`, or a fresh folder, that is where another was at `step` (None: at its last save), or
    will be once it is trained to there: it goes on from the newest full state before, or where none is stored begins
    anew from the same seed. What the other did from that step on is left out, so its experiment describes it whole.

    Raises UsageError where the data have changed meanwhile.
    """
    folder = RunFolder.open(registry.find_run(run))
    if reason := trained_by_others(folder.experiment):
        raise UsageError(reason)
    dataset = registry.load_data(folder.experiment.data, dict(folder.experiment.data_options))
    if change := registry.data_change(folder, dataset):
        raise UsageError(change)
    step = folder.step if step is None else step
    experiment = replace(folder.experiment.until(step), device=_to_be_had(folder.experiment.device))
    out = out or new_folder(experiment)
    start_at = max((stored for stored in folder.states() if stored <= step), default=None)
    if start_at is None:
        return start(experiment, out)
    folder.fork(out, start_at, experiment)
    job = go_on(out)
    job.claim(out)
    return job


def fresh(experiment: Experiment, out: Path, ranks: Ranks = ALONE) -> Job:
    """A run that will be kept in `out`. Raises UsageError where something is there already."""
    if ranks.first and out.exists() and not (out.is_dir() and is_free(out)):
        raise UsageError(f"{out} is not empty. Nothing was changed; choose another --out, or add --resume.")
    return start(experiment, out, ranks)


def train(job: Job, budget: Budget, watch: Callable[[TrainRecord], None] | None = None) -> RunFolder:
    """Trains in the foreground until the budget, a total, is spent; saves before the first step, on the way and at
    the end, also when `watch` raises between two turns."""
    take_part(job, budget, watch)
    assert job.folder is not None
    return job.folder


def take_part(job: Job, budget: Budget, watch: Callable[[TrainRecord], None] | None = None) -> None:
    """The same as one of several processes, of which only the first keeps the run."""
    trainer = job.trainer
    if trainer is None:
        raise UsageError("This run can only be sampled: it was stored without its training state.")
    trainer.experiment = replace(trainer.experiment, budget=budget)
    recorder = Recorder(job)
    recorder.save_first()
    try:
        with closing(trainer.run(budget)) as turns:
            for record in turns:
                recorder.add(record)
                if watch:
                    watch(record)
    finally:
        recorder.save()
        job.release()
