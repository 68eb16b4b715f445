"""One of two processes that train together; `test_ranks` starts both as torchrun would: `python -m tests.core.together
OUT CASES`, CASES in JSON. The first writes what it ends with to OUT; at the end the second one is killed in the middle
of a training."""

import json
import os
import signal
import sys
from pathlib import Path

from safetensors.torch import save_file

from playground import registry, runs
from playground.core.experiment import Budget, Experiment
from playground.core.ranks import Lost, Ranks, joined
from playground.core.trainer import Trainer
from tests.helpers import dataset_of, tiny

STEPS = 6
DEATH = 20  # the step at which the second process dies


def trainer_of(experiment: Experiment, ranks: Ranks) -> Trainer:
    """A fresh trainer in one of several processes."""
    return Trainer(registry.model_class(experiment.model), dataset_of(experiment), experiment, ranks)


def train_to(trainer: Trainer, step: int) -> None:
    """Trains up to a step."""
    while trainer.step < step and not trainer.model.finished:
        trainer.turn(steps=step - trainer.step)


def main(out: Path, cases: list[dict[str, object]]) -> None:
    """All cases, then the death of the second process."""
    ranks = joined()
    for name, content in enumerate(cases):
        experiment = Experiment.from_json(content)
        straight, before = trainer_of(experiment, ranks), trainer_of(experiment, ranks)
        train_to(straight, STEPS)
        save_file(straight.model.state_dict(), out / f"{name}.rank{ranks.index}")
        train_to(before, STEPS // 2)
        half = before.snapshot()
        state, position = ranks.from_first(lambda: (half.state, half.position))  # noqa: B023  (called at once)
        after = trainer_of(experiment, ranks)
        after.restore(state, position, half.step, half.seconds)
        train_to(after, STEPS)
        ends = {"straight": straight.snapshot(), "resumed": after.snapshot()}
        if ranks.first:
            for which, snapshot in ends.items():
                save_file({key: t.contiguous() for key, t in snapshot.state.items()}, out / f"{name}.{which}")

    job = runs.fresh(tiny("vae", "moons"), out / "run", ranks)
    try:
        runs.take_part(
            job,
            Budget("steps", 1e6),
            lambda record: os.kill(os.getpid(), signal.SIGKILL) if ranks.index and record.step >= DEATH else None,
        )
    except Lost as error:
        (out / "lost").write_text(str(error), encoding="utf-8")
        ranks.fail(error.exit_code)  # leaves as the command does
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
