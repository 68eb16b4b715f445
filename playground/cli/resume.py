"""Going on with a run: only with the one that was asked for, and never with other settings than it has."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from playground import registry
from playground.core.errors import UsageError
from playground.core.hyperparams import parse_assignment

if TYPE_CHECKING:
    from playground.core.experiment import Experiment
    from playground.core.job import Job
    from playground.core.ranks import Ranks


def resumed(arguments: argparse.Namespace, file: "Experiment | None", ranks: "Ranks") -> "Job":
    """The run in --out, if it is what the command line, or the experiment `file` that it names, describes.

    Raises UsageError that names the first difference.
    """
    from playground import runs
    from playground.core.device import choose
    from playground.core.run_folder import RunFolder

    def stored() -> "Experiment":
        return registry.checked(RunFolder.open(registry.find_run(str(arguments.out))).experiment)

    kept = ranks.from_first(stored)
    has = _facts(kept)
    for key, value in (_facts(file) if file else _asked(arguments, kept)).items():
        if value != has[key]:
            raise UsageError(_difference(arguments, key, has[key], value))
    device = arguments.device or (file.device if file else None)
    job = runs.go_on(arguments.out, choose(device) if device else None, ranks)
    if ranks.first and not job.claim(arguments.out):
        raise UsageError(
            f"{arguments.out} is open in a window or is being trained by somebody else. Nothing was changed; close it "
            "there first."
        )
    return job


def _facts(experiment: "Experiment") -> dict[str, Any]:
    """All that shapes a run, by the keys of the command line; its budget and its device may change."""
    from playground.core.hyperparams import to_dict

    options = registry.data_options(experiment.data, experiment.data_options)  # those too that a file leaves out
    return {
        "model": experiment.model,
        "data": experiment.data,
        **{f"data.{key}": value for key, value in to_dict(options).items()},
        "seed": experiment.seed,
        **experiment.config,
        **{f"train.{key}": value for key, value in to_dict(experiment.train).items()},
        "threads": experiment.threads,
        "events": [event.to_json() for event in experiment.events],
    }


def _asked(arguments: argparse.Namespace, kept: "Experiment") -> dict[str, Any]:
    """What the command line says: all settings if it names a preset, else those that it sets."""
    named = {"model": arguments.model, "data": arguments.data, "seed": arguments.seed}
    named = {key: value for key, value in named.items() if value is not None}
    if any(value != getattr(kept, key) for key, value in named.items()):
        return named  # another run: its settings need not even fit
    assignments: dict[str, object] = dict(parse_assignment(text) for text in arguments.set)
    asked = _facts(registry.experiment(kept.model, kept.data, arguments.preset, assignments, seed=kept.seed))
    return named | _only(asked, set(asked) - {"threads", "events"} if arguments.preset else assignments)


def _only(facts: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: facts[key] for key in facts if key in keys}


def _difference(arguments: argparse.Namespace, key: str, has: object, asked: object) -> str:
    rest = "Nothing was changed; choose another --out for another run."
    if key == "events":  # too long to be quoted
        return f"The run in {arguments.out} has other events than {arguments.model}. {rest}"
    return f"The run in {arguments.out} has {key} {has}, not {asked}. {rest}"
