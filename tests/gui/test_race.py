"""Four families that learn one drawn data set at once, in turns."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from playground import registry
from playground.core.experiment import Budget
from playground.core.records import Answer, Query, TrainRecord
from playground.core.turns import FairShare
from playground.gui.session import TrainingSession
from tests.helpers import losses_of, trainer_of

PATIENCE = 60_000  # milliseconds
FAMILIES: dict[str, dict[str, object]] = {
    "gaussian": {"components": 3},
    "vae": {"latent_dim": 2, "hidden": 16},
    "gan": {"width": 16},
    "diffusion": {"width": 16},
}
STEPS = 40
ENDLESS = Budget("steps", 1e6)


class Runner:
    """One session of the race, and what it said."""

    def __init__(self, family: str, data: str, share: FairShare) -> None:
        self.family = family
        self.session = TrainingSession(share=share)
        self.losses: list[float] = []
        self.answers: list[Answer] = []
        self.session.records_added.connect(self._note)
        self.session.answered.connect(self.answers.append)
        self.session.failed.connect(self._fail)
        self.session.prepare(family, data, FAMILIES[family], seed=5, keep=False)

    def _fail(self, sentence: str, details: str) -> None:
        raise AssertionError(f"{self.family}: {sentence}")

    def _note(self, records: list[TrainRecord]) -> None:
        for record in records:
            self.losses += next(iter(record.values.values()))


@pytest.fixture
def data(tmp_path) -> str:
    """A ring that somebody drew."""
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 300)
    points = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    path: Path = tmp_path / "ring.csv"
    np.savetxt(path, points, delimiter=",")
    return f"drawn:{path}"


@pytest.fixture
def race(qtbot, data) -> Iterator[Callable[..., list[Runner]]]:
    """Four runs that share the time, open and ready; ended after the test."""
    made: list[Runner] = []

    def make(share: FairShare) -> list[Runner]:
        made.extend(Runner(family, data, share) for family in FAMILIES)
        qtbot.waitUntil(lambda: all(runner.session.is_open for runner in made), timeout=PATIENCE)
        return made

    yield make
    ended = [runner.session.close() for runner in made]
    assert all(ended)


def headless(family: str, data: str, steps: int) -> list[float]:
    """The losses of the same run trained alone, without a window."""
    return list(losses_of(trainer_of(registry.experiment(family, data, "", FAMILIES[family], seed=5)), steps))


@pytest.mark.parametrize("unit", ["seconds", "steps"])
def test_each_one_s_losses_are_those_it_has_alone(qtbot, race, data, unit):
    runners = race(FairShare(unit))
    assert len({runner.session.facts["data_hash"] for runner in runners}) == 1
    for runner in runners:
        runner.session.start(Budget("steps", STEPS))
        runner.session.ask(Query("race/measure", "measure", {"n": 30}, seed=2, target="evaluation"))
    qtbot.waitUntil(lambda: all(runner.session.state == "done" for runner in runners), timeout=PATIENCE)
    qtbot.waitUntil(lambda: all(runner.answers for runner in runners), timeout=PATIENCE)
    for runner in runners:
        assert runner.losses == headless(runner.family, data, STEPS)[: len(runner.losses)], runner.family
        assert len(runner.losses) == STEPS or runner.family == "gaussian"  # EM ends when it gains nothing more
        assert runner.answers[-1].arrays["x"].shape == (30, 2)
        assert float(runner.answers[-1].arrays["sliced_wasserstein"]) > 0


def test_a_stop_or_a_close_leaves_the_others_running(qtbot, race):
    stopped, paused, closed, going = sorted(race(FairShare()), key=lambda runner: runner.family == "gan")
    for runner in (stopped, paused, closed, going):
        runner.session.start(ENDLESS)
    still = [runner for runner in (stopped, paused, closed, going) if runner.family != "gaussian"]
    qtbot.waitUntil(lambda: all(len(runner.losses) > 20 for runner in still), timeout=PATIENCE)
    stopped.session.stop()
    paused.session.pause()
    qtbot.waitUntil(lambda: paused.session.state == "paused", timeout=PATIENCE)
    qtbot.waitUntil(lambda: stopped.session.state == "done", timeout=PATIENCE)
    assert closed.session.close()
    before = len(going.losses)
    qtbot.waitUntil(lambda: len(going.losses) > before + 50, timeout=PATIENCE)
    paused.session.start(ENDLESS)
    held = len(paused.losses)
    qtbot.waitUntil(lambda: len(paused.losses) > held + 5, timeout=PATIENCE)


def test_sessions_that_share_may_all_be_closed_in_the_middle_of_a_turn(qtbot, race):
    runners = race(FairShare())
    for runner in runners:
        runner.session.start(ENDLESS)
    qtbot.waitUntil(lambda: any(runner.losses for runner in runners), timeout=PATIENCE)
    ended = [runner.session.close() for runner in runners]
    assert all(ended)
