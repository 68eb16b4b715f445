"""Each watcher is raised by its own kind of trouble, by that alone, and is silent where all is well."""

from collections.abc import Callable

import numpy as np
import pytest

from playground.core import alarms
from playground.core.alarms import DIVERGED, SETTLED, Evidence, Look
from playground.core.known_bad import Advice
from playground.core.records import TrainRecord

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(64, 2)).astype(np.float32)


def _record(first: int, held_out: dict[int, dict[str, float]] | None = None, **terms: np.ndarray) -> TrainRecord:
    """A turn of steps; `data` and `model` stand for E(data) and E(model), `d` and `g` for a game's two scores."""
    names = {"data": "E(data)", "model": "E(model)", "d": "D(data)", "g": "D(samples)"}
    values = {names.get(name, name): tuple(map(float, column)) for name, column in terms.items()}
    return TrainRecord(first, first + len(next(iter(values.values()))), 0.0, values, held_out or {})


def _learns(run: Evidence, steps: int = 600, held_out: Callable[[float], float] | None = None) -> None:
    """A loss that falls from 10 to 1, noisily, and what it is on held-out data."""
    now = run.step
    at = np.arange(now, now + steps)
    loss = 1 + 9 * np.exp(-at / 100) + RNG.normal(0, 0.3, steps)
    held = held_out or (lambda step: 1.2 + 9 * np.exp(-step / 100))
    looks = {int(step): {"loss": held(step)} for step in at[::50]}
    run.add([_record(now, looks, loss=loss)])


def _plays(run: Evidence, steps: int = 600) -> None:
    """A game that is even."""
    d, g = RNG.normal(0.5, 0.1, steps), RNG.normal(0.5, 0.1, steps)
    run.add([_record(run.step, discriminator=RNG.normal(1.3, 0.1, steps), d=d, g=g)])


def _look(run: Evidence, times: int, x: Callable[[int], np.ndarray] = lambda i: NOISE, **numbers: float) -> None:
    """Some looks, a hundred steps apart, the first when the game has settled."""
    for i in range(times):
        step = run.began + SETTLED + 100 * i
        run.look(Look(step, {"distance": 2.0, "spread": 1.0, "precision": 0.9, **numbers}, x(i)))


def _names(run: Evidence) -> list[str]:
    return [alarm.name for alarm in run.alarms()]


def test_all_is_silent_where_all_is_well():
    run = Evidence()
    assert _names(run) == []
    _learns(run)
    _look(run, 8, modes=8, modes_hit=8, on_data=0.9, KL=5.0, axes=2, latent_dim=2)
    assert _names(run) == []
    game = Evidence()
    _plays(game)
    _look(game, 8, lambda i: NOISE + 0.1 * i, classes=10, classes_hit=8)
    assert _names(game) == []


def test_a_loss_that_is_no_number_is_told_by_the_trainers_own_sentence():
    run = Evidence()
    run.broke = f"{DIVERGED}: the loss became inf at step 2."
    (alarm,) = run.alarms()
    assert (alarm.name, alarm.afresh) == ("nan", True)
    assert "inf at step 2" in alarm.diagnosis


def test_what_is_known_against_the_settings_is_an_alarm_only_where_it_says_so():
    run = Evidence()
    run.advice = [Advice("train.lr", "Too high."), Advice("schedule", "It stops.", {"schedule": "cosine"}, "Bad noise")]
    (alarm,) = run.alarms()
    assert (alarm.name, alarm.title, alarm.diagnosis) == ("bad-noise", "Bad noise", "It stops.")
    assert alarm.repair == {"schedule": "cosine"}
    run.advice = []
    assert _names(run) == []
    assert run.speaks_against(alarm)


@pytest.mark.parametrize(("gap", "raised"), [(3.0, []), (100.0, ["blow-up"]), (-100.0, ["blow-up"])])
def test_energies_that_run_away(gap, raised):
    run = Evidence()
    model = RNG.normal(0, 1, 200)
    run.add([_record(0, loss=model + gap - model, data=model + gap, model=model)])
    assert _names(run) == raised


def test_one_wild_step_is_no_blow_up():
    run = Evidence()
    data = RNG.normal(0, 1, 200)
    data[-3:] = 1e6
    run.add([_record(0, loss=data, data=data, model=RNG.normal(0, 1, 200))])
    assert _names(run) == []


def test_a_loss_above_that_of_the_untrained_model():
    run = Evidence()
    _learns(run, 200)
    assert _names(run) == []
    up = RNG.normal(40, 1, 100)
    run.add([_record(200, {200: {"loss": 40.0}}, loss=up)])
    assert "diverging" in _names(run)
    game = Evidence()  # a player's loss may rise: the other one learns, too
    game.add([_record(0, loss=np.r_[RNG.normal(1, 0.1, 100), RNG.normal(40, 1, 100)])])
    assert _names(game) == []


def test_overfitting_is_held_out_up_while_training_goes_down():
    run = Evidence()
    _learns(run, 600, lambda step: 3 + 7 * np.exp(-step / 50) + max(0.0, step - 150) / 50)
    (alarm,) = run.alarms()
    assert alarm.name == "overfit"
    assert "at step 150" in alarm.diagnosis
    flat = Evidence()  # it wobbles, but does not rise
    _learns(flat, 600, lambda step: 3 + 7 * np.exp(-step / 50) + 0.2 * (step // 50 % 2))
    assert _names(flat) == []


def test_posterior_collapse_is_a_code_that_says_nothing():
    run = Evidence()
    _look(run, 2, KL=0.01, axes=0, latent_dim=8)
    assert _names(run) == []  # two looks may be chance
    _look(run, 1, KL=0.01, axes=0, latent_dim=8)
    (alarm,) = run.alarms()
    assert (alarm.name, alarm.repair) == ("posterior-collapse", {"beta": 1.0})
    assert "0 of 8" in alarm.diagnosis
    _look(run, 1, KL=3.0, axes=4, latent_dim=8)
    assert _names(run) == []


def test_mode_collapse_is_samples_that_are_good_and_few():
    run = Evidence()
    _plays(run)
    _look(run, 3, modes=8, modes_hit=2, on_data=0.8)
    assert _names(run) == ["mode-collapse"]
    bad = Evidence()  # samples beside the data miss modes as well, and are not collapsed
    _look(bad, 3, modes=8, modes_hit=0, on_data=0.05)
    assert _names(bad) == []
    alike = Evidence()
    _look(alike, 3, spread=0.02)
    assert _names(alike) == ["mode-collapse"]


def test_oscillation_is_samples_that_jump_from_look_to_look():
    def jumps(i: int) -> np.ndarray:
        return NOISE * 0.1 + 2.0 * (i % 2)

    run = Evidence()
    _plays(run)
    _look(run, 5, jumps, modes=8, modes_hit=1, on_data=0.9, spread=0.1)
    assert _names(run) == ["oscillation"]  # and it is not called a collapse as well
    chains = Evidence()  # of a sampler that jumps by nature
    _look(chains, 5, jumps, modes=8, modes_hit=8, on_data=0.9)
    assert _names(chains) == []


def test_samples_that_move_and_are_good_all_the_while_are_on_their_way():
    def moves(i: int) -> np.ndarray:
        return np.roll(NOISE, i, axis=0)

    run = Evidence()
    _plays(run)
    _look(run, 6, moves)
    assert run.moves(4) > alarms.SWINGS
    assert _names(run) == []
    bad = Evidence()
    _plays(bad)
    _look(bad, 6, moves, precision=0.1)
    assert _names(bad) == ["oscillation"]


def test_a_change_is_judged_by_what_follows_it():
    run = Evidence()
    _plays(run)
    _look(run, 3, modes=8, modes_hit=2, on_data=0.8)
    (alarm,) = run.alarms()
    run.forget()
    assert _names(run) == []
    assert not run.speaks_against(alarm)
    _plays(run, SETTLED + 300)
    _look(run, 3, modes=8, modes_hit=8, on_data=0.9)
    assert _names(run) == []
    assert run.speaks_against(alarm)


def test_what_is_remembered_does_not_grow():
    run = Evidence()
    for first in range(0, 3 * alarms.KEPT, 500):
        run.add([_record(first, loss=np.ones(500))])
        run.look(Look(first, {}))
    assert len(run.loss) == alarms.KEPT
    assert len(run.looks) == alarms.LOOKS


def test_while_the_loss_is_not_yet_what_is_trained_for_it_may_rise():
    run = Evidence()
    run.heed({"kl_warmup": 1000, "train.warmup": 50, "beta": 1.0})
    assert run.warm_up == 1000
    run.add([_record(0, {50 * i: {"loss": 10.0 + i} for i in range(12)}, loss=np.linspace(10, 40, 600))])
    assert _names(run) == []
    run.heed({"kl_warmup": 0})
    assert "diverging" in _names(run)
