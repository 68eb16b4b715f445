"""What a session can open, as functions whose names and arguments are plain values: a worker in another process gets
them through a pipe. Importing this file costs no torch; calling one does."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground import registry
from playground.core.experiment import Experiment

if TYPE_CHECKING:
    from playground.core.job import Job


def stored(run: str) -> "Job":
    """A run folder, or a bundled run by name."""
    from playground import runs

    return _with_helpers(runs.open_any(run))


def fresh(model: str, data: str, preset: str, assignments: Mapping[str, Any], seed: int, keep: bool) -> "Job":
    """A fresh model, ready to train. `assignments` as on the command line; `keep`: store the run on disk."""
    from playground import runs

    experiment = registry.experiment(model, data, preset, dict(assignments), seed=seed, device="auto")
    return _with_helpers(runs.start(experiment, runs.new_folder(experiment) if keep else None))


def described(experiment: Experiment) -> "Job":
    """A fresh model as an Experiment describes it, ready to train."""
    from playground import runs

    known = registry.checked(experiment)
    return _with_helpers(runs.start(known, runs.new_folder(known)))


def forked(parent: str, step: int | None) -> "Job":
    """A run of its own that goes on from a stored step of another, or from its last."""
    from playground import runs

    return _with_helpers(runs.fork(parent, step))


def _with_helpers(job: "Job") -> "Job":
    from playground.evaluation.helpers import helpers

    job.helpers = {**helpers(job.dataset), **job.helpers}
    return job
