"""Stages are reported while they are watched, and change nothing; slow motion holds the model and still obeys."""

import time

import pytest

from playground import runs
from playground.core.backend import ThreadBackend
from playground.core.experiment import Budget
from playground.core.messages import Ask, Change, Opened, Pause, Rested, Staged, Train, Trained, TrainSteps, Watch
from playground.core.records import Answer, Query
from playground.gui.widgets.source_outline import Outline
from playground.registry import source
from tests.helpers import tiny

PATIENCE = 60.0  # seconds after which a worker counts as hung
HELD = 1000.0  # seconds: longer than any test; only a command ends it


class Talk:
    """A worker on a tiny GAN, and all that it has said."""

    def __init__(self) -> None:
        self.backend = ThreadBackend(lambda: runs.start(tiny("gan", "eight-gaussians")))
        self.said: list = []

    def tell(self, *commands) -> None:
        for command in commands:
            self.backend.send(command)

    def hear(self, kind, done=lambda message: True):
        """Waits for a message."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.said += self.backend.receive()
            if found := [message for message in self.said if isinstance(message, kind) and done(message)]:
                return found[-1]
            time.sleep(0.001)
        raise AssertionError(f"no {kind.__name__} came")

    def losses(self) -> list:
        return [message.record.values for message in self.said if isinstance(message, Trained)]

    def stages(self) -> list[Staged]:
        return [message for message in self.said if isinstance(message, Staged)]


@pytest.fixture
def talk():
    talks: list[Talk] = []

    def begin() -> Talk:
        talks.append(Talk())
        return talks[-1]

    yield begin
    for one in talks:
        one.backend.ask_to_close()
        assert one.backend.has_ended(PATIENCE)


def _flat(values: list) -> dict[str, list[float]]:
    return {name: [x for turn in values for x in turn[name]] for name in values[0]}


def test_watching_changes_no_number(talk):
    losses = []
    for watch in (Watch(on=False), Watch(on=True), Watch(on=True, pause=1e-4)):
        one = talk()
        one.tell(watch, Train(Budget("steps", 12)))
        one.hear(Rested)
        losses.append(_flat(one.losses()))
        assert bool(one.stages()) is watch.on
    assert losses[0] == losses[1] == losses[2]
    assert len(losses[0]["generator"]) == 12


def test_slow_motion_tells_every_stage_in_order_and_its_line(talk):
    one = talk()
    one.tell(Watch(on=True, pause=1e-4), Change({"discriminator_steps": 1}), TrainSteps(2))
    one.hear(Rested)
    names = ["D on data", "D on samples", "update D", "G through D", "update G"]
    stages = one.stages()
    assert [stage.names for stage in stages] == [(name,) for name in names] * 2 + [()]
    assert [stage.step for stage in stages[:-1]] == [0] * 5 + [1] * 5
    outline = Outline(source("gan"))
    for stage in stages[:-1]:
        assert outline.running(stage.names[0], stage.line) == outline.stages[stage.names[0]]


def test_at_full_speed_stages_are_told_together(talk):
    one = talk()
    one.tell(Watch(on=True), Train(Budget("steps", 40)))
    one.hear(Rested)
    assert len(one.stages()) < 5 * 40 / 2
    assert any(len(stage.names) > 1 for stage in one.stages())
    assert one.stages()[-1].names == ()


def test_a_pause_acts_while_the_model_is_held(talk):
    one = talk()
    one.tell(Watch(on=True, pause=HELD), Train(Budget("steps", 1000)))
    one.hear(Staged)
    one.tell(Pause())
    rested = one.hear(Rested)
    assert (rested.state, rested.step) == ("paused", 1)  # the step under way is whole


def test_questions_are_answered_while_the_model_is_held(talk):
    one = talk()
    one.tell(Watch(on=True, pause=HELD), Train(Budget("steps", 1000)))
    one.hear(Staged)
    one.tell(Ask(Query("preview", "sample", {"n": 3}), 1))
    answer = one.hear(Answer)
    assert not answer.error
    assert (answer.step, len(answer.arrays["x"])) == (0, 3)  # of the weights before the step under way
    assert not [message for message in one.said if isinstance(message, Trained)]


def test_the_time_held_is_no_training_time(talk):
    one = talk()
    one.hear(Opened)
    began = time.monotonic()
    one.tell(Watch(on=True, pause=0.03), TrainSteps(3))
    one.hear(Rested)
    spent = time.monotonic() - began
    record = [message.record for message in one.said if isinstance(message, Trained)][-1]
    assert 0 < record.seconds <= spent - 3 * 5 * 0.03


def test_a_model_that_is_not_watched_is_left_alone(talk):
    one = talk()
    one.tell(Watch(on=True, pause=HELD), Watch(on=False), Train(Budget("steps", 3)))
    one.hear(Rested)
    assert not one.stages()
