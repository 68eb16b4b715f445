"""The alarms against real runs: silent on every preset that works, raised on those of the failure gallery, and silent
again after the repair. Hours on one core, so that these are slow tests; `-k` picks a few."""

import pytest

from playground import registry
from playground.core.alarms import Evidence, Look
from playground.core.experiment import Experiment
from playground.core.hyperparams import Value, from_dict, params
from playground.core.known_bad import advice, setup
from playground.core.random import stream
from playground.core.trainer import Diverged, Trainer
from playground.evaluation.alarms import AlarmWatch
from playground.evaluation.failures import Failure, failures
from tests.helpers import trainer_of

SEEDS, ENOUGH = range(5), 4
STEPS = 2000
EVERY = 100  # steps between two looks, as in the window
HEALTHY = [
    (model, data)
    for model in registry.models()
    for data, card in registry.data().items()
    if "" in registry.presets(model, data) and not card.extra.get("download")
]


class Watched:
    """A run under the eyes of the alarms, as a panel has it.

    Attributes:
        raised: the step at which each alarm was first raised.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.trainer: Trainer = trainer_of(experiment)
        self.evidence = Evidence()
        self.raised: dict[str, int] = {}
        self._watch = AlarmWatch(self.trainer.dataset)
        self._family = experiment.model
        self._settings = registry.model_class(experiment.model).SampleSettings
        self._quick = {p.name: p.quick for p in params(self._settings).values() if p.quick is not None}
        self._advise()

    def train(self, until: int, alarm: str = "") -> None:
        """Trains up to a step, or until an alarm is raised."""
        while self.trainer.step < until and not self.trainer.model.finished and alarm not in self.raised:
            goal = min((self.trainer.step // EVERY + 1) * EVERY, until)
            try:
                while self.trainer.step < goal and not self.trainer.model.finished:
                    self.evidence.add([self.trainer.turn(steps=goal - self.trainer.step)])
                self._look()
            except Diverged as error:
                self.evidence.broke = str(error)
            for each in self.evidence.alarms():
                self.raised.setdefault(each.name, self.trainer.step)
            if self.evidence.broke:
                return

    def change(self, repair: dict[str, Value]) -> None:
        """A live repair."""
        self.trainer.change({key: value for key, value in repair.items() if not key.startswith("sample.")})
        self.evidence.forget()
        self.raised = {}
        self._advise()

    def _look(self) -> None:
        self.trainer.sampler.config = self.trainer.model.config
        settings = from_dict(self._settings, self._quick)
        *_, last = self._watch.look(self.trainer.sampler, stream(12, "sampling"), settings)
        numbers = {name: float(value) for name, value in last.views.items()}
        self.evidence.look(Look(self.trainer.step, numbers, last.x.numpy()))

    def _advise(self) -> None:
        model, dataset, values = self.trainer.model, self.trainer.dataset, self.trainer.experiment.settings()
        of = setup(dataset.spec, len(dataset.train), type(model).Config, self._settings, values)
        self.evidence.heed(values)
        self.evidence.advice = advice(registry.known_bad(self._family), of)


def mended(failure: Failure, bad: Watched) -> Watched:
    """The run after its repair, as the button does it."""
    live = {**{name: p.live for name, p in params(type(bad.trainer.model).Config).items()},
            **{f"train.{name}": p.live for name, p in params(bad.trainer.settings).items()}}  # fmt: skip
    if all(live.get(key, False) for key in failure.repair) and not failure.afresh and not bad.evidence.broke:
        bad.change(failure.repair)
        return bad
    start = bad.trainer.experiment
    return Watched(registry.experiment(failure.model, failure.data, failure.preset, failure.repair, seed=start.seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("model", "data"), HEALTHY, ids=lambda value: str(value))
def test_no_alarm_is_raised_on_a_preset_that_works(model, data, seed):
    run = Watched(registry.experiment(model, data, seed=seed))
    run.train(STEPS)
    assert run.raised == {}


@pytest.mark.slow
@pytest.mark.parametrize("failure", failures(), ids=lambda failure: failure.name)
def test_a_failure_is_diagnosed_in_time_and_its_repair_leads_back(failure):
    in_time, well = 0, 0
    for seed in SEEDS:
        run = Watched(registry.experiment(failure.model, failure.data, failure.preset, seed=seed))
        run.train(failure.within, failure.alarm)
        if failure.alarm not in run.raised:
            continue
        in_time += 1
        (alarm,) = [each for each in run.evidence.alarms() if each.name == failure.alarm]
        after = mended(failure, run)
        after.train(after.trainer.step + STEPS)
        well += after.evidence.alarms() == [] and after.evidence.speaks_against(alarm)
    assert in_time >= ENOUGH
    assert well == in_time
