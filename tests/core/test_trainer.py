"""Turns, batches, averages, changes by hand, and what a run remembers."""

import math
from types import SimpleNamespace

import pytest
import torch

from playground.core import stopwatch
from playground.core import trainer as module
from playground.core.data import DataSpec
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Budget
from playground.core.trainer import Diverged, Trainer, is_milestone
from tests.core.fakes import FAR, Pulled, dataset, experiment, trainer
from tests.helpers import differing, through_json


@pytest.fixture
def endless_turns(monkeypatch):
    """No turn ends because of the clock."""
    monkeypatch.setattr(module, "TURN_SECONDS", 1e9)


@pytest.fixture
def ticking(monkeypatch):
    """A clock that moves by 6 ms whenever somebody looks at it."""
    now = [0.0]

    def look() -> float:
        now[0] += 0.006
        return now[0]

    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(perf_counter=look, process_time=float))


def test_a_night_in_which_the_machine_slept_is_no_training(monkeypatch, endless_turns):
    clock = SimpleNamespace(wall=0.0, computed=0.0)
    monkeypatch.setattr(
        stopwatch, "time", SimpleNamespace(perf_counter=lambda: clock.wall, process_time=lambda: clock.computed)
    )

    def step(seconds: float, computed: float) -> float:
        train, before = run._train_step, run.seconds

        def slept(parts):
            clock.wall, clock.computed = clock.wall + seconds, clock.computed + computed
            return train(parts)

        with monkeypatch.context() as patches:
            patches.setattr(run, "_train_step", slept)
            run.turn(Budget("seconds", 3600.0), steps=1)
        return run.seconds - before

    run = trainer()
    assert step(2.0, 0.0) == 2.0  # a GPU may do all the work
    assert step(60.0, 20.0) == 60.0  # a long step on a busy machine
    assert step(8 * 3600.0, 1.5) == pytest.approx(1.5)
    assert not run.over(Budget("seconds", 3600.0))


def _losses(run: Trainer, steps: int) -> list[float]:
    return [run.turn(steps=1).values["loss"][0] for _ in range(steps)]


# -- turns ----------------------------------------------------------------------------------------------------------


def test_turns_end_at_milestones_and_at_the_budget(endless_turns):
    ends = [record.step for record in trainer().run(Budget("steps", 21))]
    assert ends == [1, 2, 4, 8, 16, 21]


def test_a_turn_ends_when_its_time_is_over(ticking):
    run = trainer()
    records = [run.turn(FAR) for _ in range(40)]
    late = [record for record in records if not is_milestone(record.step)]
    assert len(late) > 10
    assert all(record.step - record.first <= 4 for record in records)  # 20 ms of 6 ms steps
    assert any(record.step - record.first == 4 for record in late)


def test_records_join_without_a_gap_and_know_every_loss(ticking):
    run, place, seconds = trainer(), 0, 0.0
    for record in run.run(Budget("steps", 50)):
        assert record.first == place
        assert record.seconds > seconds
        assert {len(values) for values in record.values.values()} == {record.step - record.first}
        assert list(record.values) == ["loss", "distance"]
        place, seconds = record.step, record.seconds
    assert place == run.step == 50
    assert seconds == run.seconds


def test_a_budget_of_seconds_is_a_total(ticking):
    run = trainer()
    *_, last = run.run(Budget("seconds", 0.5))
    assert 0.5 <= last.seconds < 0.55
    assert run.over(Budget("seconds", 0.5))
    assert not run.over(Budget("seconds", 1.0))
    assert list(run.run(Budget("seconds", 0.5))) == []


def test_a_spent_budget_trains_nothing():
    run = trainer()
    assert list(run.run(Budget("steps", 0))) == []
    assert run.step == 0


def test_budgets_are_no_input_of_the_update(endless_turns):
    straight, parts = trainer(), trainer()
    whole = [loss for record in straight.run(Budget("steps", 30)) for loss in record.values["loss"]]
    pieces = [loss for amount in (7, 8, 30) for record in parts.run(Budget("steps", amount))
              for loss in record.values["loss"]]  # fmt: skip
    assert whole == pieces


def test_one_step_is_exactly_one():
    run = trainer()
    for step in range(1, 12):
        record = run.turn(steps=1)
        assert (record.first, record.step) == (step - 1, step)
        assert len(run.model.seen) == step


def test_a_finished_model_ends_its_run(endless_turns):
    class Quick(Pulled):
        stops_at = 6

    records = list(trainer(Quick).run(FAR))
    assert records[-1].step == 6
    assert [record.finished for record in records] == [False, False, False, True]


def test_pairs_that_do_not_go_together_are_refused():
    class Images(Pulled):
        @classmethod
        def supports(cls, spec: DataSpec) -> str | None:
            return "This model wants images."

    with pytest.raises(UsageError, match=r"^This model wants images\.$"):
        trainer(Images)


# -- batches and rates ----------------------------------------------------------------------------------------------


def test_an_epoch_shows_every_row_once_in_an_order_of_its_own():
    run = trainer(n=12, batch=4)
    run.turn(steps=1)
    _losses(run, 8)
    epochs = [[row for rows in run.model.seen[i : i + 3] for row in rows] for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != list(range(12))


def test_a_remainder_waits_for_the_next_shuffle():
    run = trainer(n=10, batch=4)
    _losses(run, 4)
    assert [len(rows) for rows in run.model.seen] == [4, 4, 4, 4]
    assert len({*run.model.seen[0], *run.model.seen[1]}) == 8
    assert len({*run.model.seen[2], *run.model.seen[3]}) == 8


def test_a_batch_larger_than_the_data_is_the_data():
    run = trainer(n=3, batch=64)
    _losses(run, 2)
    assert [sorted(rows) for rows in run.model.seen] == [[0, 1, 2]] * 2


def test_a_full_batch_model_sees_all_in_order():
    class Whole(Pulled):
        full_batch = True

    run = trainer(Whole, n=7, batch=2)
    _losses(run, 2)
    assert run.model.seen == [list(range(7))] * 2


def test_the_seed_decides_the_order_of_the_data():
    orders = []
    for seed in (0, 0, 1):
        run = trainer(seed=seed)
        _losses(run, 4)
        orders.append(run.model.seen)
    assert orders[0] == orders[1] != orders[2]


def test_the_learning_rate_warms_up_and_is_scaled_by_group():
    run = trainer(lr=0.1, warmup=4)
    _losses(run, 6)
    assert run.model.rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])
    assert run.optimizers["second"].param_groups[0]["lr"] == pytest.approx(0.05)


# -- the average, and validation ------------------------------------------------------------------------------------


def test_samples_come_from_the_running_average():
    run = trainer(ema=0.5)
    average = run.model.first.item()
    assert run.sampler.first.item() == average
    for step in range(1, 20):
        run.turn(steps=1)
        decay = min(0.5, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * run.model.first.item()
        assert run.sampler.first.item() == pytest.approx(average, abs=1e-6)
    assert run.sampler.first.item() != run.model.first.item()


def test_a_step_does_not_look_for_the_parameters_anew(monkeypatch):
    run, calls = trainer(ema=0.5), []
    looking = run.model.named_parameters
    monkeypatch.setattr(run.model, "named_parameters", lambda *a, **k: calls.append(1) or looking(*a, **k))
    before = run.sampler.first.item()
    run.turn(steps=5)
    assert not calls
    assert run.sampler.first.item() != before
    list(run.model.parameters())
    assert calls  # it would have been noticed


def test_without_an_average_samples_come_from_the_live_weights():
    run = trainer(ema=0.0)
    _losses(run, 3)
    assert run.sampler.first.item() == run.model.first.item()
    assert run.sampler.steps.item() == 3  # buffers are the live ones


def test_validation_is_looked_at_before_step_one_and_every_so_often(endless_turns, monkeypatch):
    monkeypatch.setattr(module, "HELD_OUT_EVERY", 5)
    run = trainer()
    looks = {step: terms for record in run.run(Budget("steps", 12)) for step, terms in record.held_out.items()}
    assert list(looks) == [0, 5, 10]
    assert all(set(terms) == {"loss"} for terms in looks.values())
    assert run.score == looks[10]["loss"]
    distance = ((run.dataset.validation.x - run.sampler._both()) ** 2).sum(dim=1).mean()  # of the averaged weights
    assert abs(distance.item() - looks[10]["loss"]) < 1.0


def test_a_full_batch_model_is_looked_at_after_every_step(endless_turns):
    class Whole(Pulled):
        full_batch = True

    looks = [step for record in trainer(Whole).run(Budget("steps", 3)) for step in record.held_out]
    assert looks == [0, 1, 2, 3]


def test_looking_at_validation_changes_nothing(monkeypatch):
    seldom = trainer()
    losses = _losses(seldom, 12)
    monkeypatch.setattr(module, "HELD_OUT_EVERY", 1)
    often = trainer()
    assert _losses(often, 12) == losses
    assert not differing(often.snapshot().state, seldom.snapshot().state)


def test_a_score_that_is_no_number_is_none(monkeypatch):
    monkeypatch.setattr(Pulled, "held_out", lambda *_: {"loss": torch.tensor(math.inf)})
    run = trainer()
    record = run.turn(steps=1)
    assert record.held_out[0]["loss"] == math.inf
    assert run.score is None
    assert run.snapshot().position["score"] is None


# -- changes by hand ------------------------------------------------------------------------------------------------


def test_a_live_change_holds_from_the_next_step_and_is_an_event():
    run = trainer()
    _losses(run, 2)
    run.change({"train.lr": 0.3, "pull": 2.0})
    assert run.model.rates == [0.1, 0.1]
    run.turn(steps=1)
    assert run.model.rates == [0.1, 0.1, 0.3]
    assert run.model.config.pull == 2.0
    assert [event.to_json() for event in run.experiment.events] == [{"step": 2, "set": {"train.lr": 0.3, "pull": 2.0}}]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"width": 2}, "fresh model"),
        ({"pull": -1.0}, "too small"),
        ({"pul": 1.0}, "Did you mean 'pull'"),
        ({"train.lr": "much"}, "number"),
        ({"train.rate": 1.0}, "no setting"),
        ({"pull": 3.0, "width": 2}, "fresh model"),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(changes, complaint):
    run = trainer()
    before = run.experiment
    with pytest.raises(UsageError, match=complaint):
        run.change(changes)
    assert run.experiment == before
    run.turn(steps=1)
    assert run.model.config.pull == 1.0


def test_hand_stepping_trains_only_the_named_part():
    run = trainer()
    _losses(run, 2)
    run.train_only(("second",), 2)
    first, second = run.model.first.item(), run.model.second.item()
    record = run.turn(steps=1)
    assert record.trained == ("second",)
    run.turn(steps=1)
    assert run.model.first.item() == first
    assert run.model.second.item() != second
    assert run.turn(steps=1).trained == ("first", "second")
    assert run.model.first.item() != first


def test_the_average_of_a_part_at_rest_rests_too():
    run = trainer(ema=0.5)
    _losses(run, 3)
    run.train_only(("second",), 2)
    first, second = run.sampler.first.item(), run.sampler.second.item()
    assert first != run.model.first.item()  # it could still move towards the live weights
    _losses(run, 2)
    assert run.sampler.first.item() == first
    assert run.sampler.second.item() != second
    run.turn(steps=1)
    assert run.sampler.first.item() != first


def test_an_unknown_part_is_refused():
    run = trainer()
    with pytest.raises(UsageError, match="Did you mean 'second'"):
        run.train_only(("secnd",), 1)
    assert run.experiment.events == ()


def test_what_was_done_by_hand_is_replayed_whatever_the_turns(endless_turns):
    by_hand = trainer()
    losses = _losses(by_hand, 3)
    by_hand.change({"train.batch": 2})
    losses += _losses(by_hand, 2)
    by_hand.train_only(("first",), 3)
    by_hand.change({"train.ema": 0.0, "pull": 0.5})
    losses += _losses(by_hand, 6)
    replayed = Trainer(Pulled, dataset(), through_json(by_hand.experiment))
    assert [loss for record in replayed.run(Budget("steps", 11)) for loss in record.values["loss"]] == losses
    assert not differing(replayed.snapshot().state, by_hand.snapshot().state)


@pytest.mark.parametrize("event", [{"step": 5, "set": {"width": 2}}, {"step": 5, "set": {"nothing": 2}},
                                   {"step": 5, "parts": ["third"], "count": 1}])  # fmt: skip
def test_an_experiment_with_an_impossible_event_does_not_start(event):
    wrong = type(experiment()).from_json(experiment().to_json() | {"events": [event]})
    with pytest.raises(UsageError):
        Trainer(Pulled, dataset(), wrong)


# -- divergence -----------------------------------------------------------------------------------------------------


def test_divergence_is_a_sentence_that_names_the_step():
    run = trainer(lr=1000.0)
    with pytest.raises(Diverged, match=r"^Training diverged: the loss became (inf|nan) at step \d+\. .*lower learning"):
        list(run.run(FAR))
    assert not run.sound


def test_a_weight_that_is_no_number_is_noticed_in_its_turn():
    run = trainer()
    _losses(run, 3)
    assert run.sound
    with torch.no_grad():
        run.model.first.fill_(math.nan)
    with pytest.raises(Diverged, match="step 4"):
        run.turn(steps=1)
    assert not run.sound


# -- watching -------------------------------------------------------------------------------------------------------


def test_stages_are_named_only_to_whoever_watches():
    run = trainer()
    run.turn(steps=1)  # nobody watches, nothing happens
    names: list[str] = []
    run.model.watcher = names.append
    _losses(run, 2)
    assert names == ["update", "update"]
    run.model.watcher = None
    run.turn(steps=1)
    assert len(names) == 2


# -- snapshots ------------------------------------------------------------------------------------------------------


def test_a_snapshot_does_not_move_with_the_run():
    run = trainer()
    _losses(run, 3)
    taken = run.snapshot()
    kept = {name: tensor.clone() for name, tensor in (taken.state | taken.weights).items()}
    _losses(run, 3)
    assert not differing(kept, taken.state | taken.weights)
    assert differing(taken.weights, run.snapshot().weights)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5])  # at the start, within and between epochs of two batches
@pytest.mark.parametrize("ema", [0.0, 0.5])
def test_a_restored_run_goes_on_as_if_nothing_had_happened(steps, ema):
    straight = trainer(ema=ema)
    _losses(straight, steps)
    straight.change({"pull": 2.0})
    taken = straight.snapshot()
    resumed = Trainer(Pulled, dataset(), taken.experiment)
    resumed.restore(taken.state, taken.position, taken.step, taken.seconds)
    assert (resumed.step, resumed.seconds, resumed.score) == (straight.step, straight.seconds, straight.score)
    assert _losses(resumed, 6) == _losses(straight, 6)
    assert not differing(resumed.snapshot().state, straight.snapshot().state)
    assert not differing(resumed.snapshot().weights, straight.snapshot().weights)


@pytest.mark.parametrize("lost", ["raw/first", "generator/noise", "generator/epoch"])
def test_a_state_that_does_not_fit_is_refused_in_a_sentence(lost):
    run = trainer()
    _losses(run, 3)
    taken = run.snapshot()
    state = {name: tensor for name, tensor in taken.state.items() if name != lost}
    with pytest.raises(PlaygroundError, match=r"^This run cannot be resumed.*\.$") as error:
        trainer().restore(state, taken.position, taken.step, taken.seconds)
    assert "\n" not in str(error.value)


def test_milestones_are_the_powers_of_two():
    assert [step for step in range(70) if is_milestone(step)] == [0, 1, 2, 4, 8, 16, 32, 64]
