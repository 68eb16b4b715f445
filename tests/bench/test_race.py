import itertools
import time

import pytest
import torch

from playground.bench import peers, training
from playground.bench.race import Pace, exponent, gflop, race


def test_all_ways_run_in_turn_and_a_first_call_does_not_count(monkeypatch):
    clock, order = [0.0], []
    monkeypatch.setattr(time, "process_time", lambda: clock[0])

    def way(name, seconds, steps):
        def run():
            order.append(name)
            clock[0] += seconds
            return steps

        return run

    found = race({"a": way("a", 1.0, None), "b": way("b", 0.5, 3)}, seconds=4.0, rounds=2)
    assert order == ["a", "b", *["a", "b", "b"] * 2]
    assert found["a"].rates == (1.0, 1.0)
    assert found["b"].rates == (6.0, 6.0)
    assert found["b"].against(found["a"]) == {"ratio": 6.0, "least_most": [6.0, 6.0]}


def test_a_ratio_is_the_median_of_those_of_the_rounds():
    ours, theirs = Pace((4.0, 9.0, 2.0)), Pace((2.0, 3.0, 2.0))
    assert ours.against(theirs) == {"ratio": 2.0, "least_most": [1.0, 3.0]}
    assert ours.against(theirs, work=0.5)["ratio"] == 1.0
    assert ours.to_json() == {"steps_per_second": 4.0, "slowest_fastest": [2.0, 9.0]}


def test_a_way_that_takes_long_is_called_once_a_round():
    calls = itertools.count()
    race({"slow": lambda: next(calls) and None}, seconds=0.0, rounds=3, warm_up=False)
    assert next(calls) == 3


def test_work_is_counted():
    a = torch.ones(10, 20)
    assert gflop(lambda: a @ a.T) == pytest.approx(2 * 10 * 20 * 10 / 1e9)


def test_an_exponent_is_the_slope_on_two_logarithmic_axes():
    assert exponent([1, 2, 4, 8], [3, 12, 48, 192]) == pytest.approx(2)
    assert exponent([10, 100, 1000], [5, 5, 5]) == pytest.approx(0)


def test_a_peer_that_is_not_there_is_said_to_be_missing(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(peers.importlib, "import_module", missing)
    assert not peers.is_installed(peers.DIFFUSERS)
    content = training.compared({"playground": Pace((2.0,))}, (peers.DIFFUSERS,))
    assert content[peers.DIFFUSERS] == "not installed"
    assert content["playground"]["steps_per_second"] == 2.0


def test_a_difference_in_work_is_counted():
    found = {"playground": Pace((10.0,)), "other": Pace((10.0,))}
    content = training.compared(found, ("other",), {"playground": 3.0, "other": 2.0})
    assert content["other"]["ratio"] == 1.5
    assert content["other"]["gflop_per_step"] == 2.0
