"""Who gets to 95 % first, on students whose progress is known."""

import json

import pytest
import torch

from playground.bench import peers, quality
from playground.bench.quality import Score
from playground.bench.recipes import Student


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only where a student trains."""
    now = [0.0]
    monkeypatch.setattr(quality.time, "process_time", lambda: now[0])
    return now


def student(clock, seconds_a_step):
    def train():
        clock[0] += seconds_a_step

    return Student(train, lambda labels: labels)


def test_a_run_on_real_digits_tells_what_it_reached(monkeypatch):
    monkeypatch.setattr(peers, "is_installed", lambda name: False)
    monkeypatch.setattr(quality, "STEPS", 2)
    before = torch.get_rng_state()
    found = json.loads(json.dumps(quality.quality(0.01)))
    assert torch.equal(torch.get_rng_state(), before)
    assert found["real_digits_right"] > 0.97
    training = found["training"]
    assert training["playground"]["steps"] >= 1
    assert training["playground"]["not_in_seconds"] > 0  # nobody is good after a step
    assert training["diffusers"] == training["denoising-diffusion-pytorch"] == "not installed"
    assert "least_ratio" not in training


def test_each_trains_until_it_is_good_or_its_time_is_up(clock):
    students = {"playground": student(clock, 1.0), "diffusers": student(clock, 2.0), "slow": student(clock, 3.0)}
    good_from = {"playground": 6.0, "diffusers": 12.0, "slow": 1e9}
    looks = dict.fromkeys(students, 0)

    def look(each):
        (name,) = [name for name, known in students.items() if known is each]
        looks[name] += 1
        return 1.0 if clock[0] >= good_from[name] else 0.5

    scores = quality.raced(students, look, limit=20.0)
    assert scores["playground"].good
    assert scores["diffusers"].good
    assert not scores["slow"].good
    assert scores["slow"].seconds >= 20.0 > scores["diffusers"].seconds
    assert scores["slow"].steps == scores["slow"].seconds / 3
    assert looks["playground"] < looks["slow"]  # who is good is not looked at again


def test_a_peer_that_was_not_good_in_time_took_at_least_so_many_times_as_long():
    ours, fast, slow = Score(10.0, 100, 0.96), Score(40.0, 20, 0.95), Score(60.0, 9, 0.2)
    found = quality.told({"playground": ours, peers.DIFFUSERS: fast, peers.LUCIDRAINS: slow})
    assert found[peers.DIFFUSERS] == {"seconds": 40.0, "steps": 20, "right": 0.95, "ratio": 4.0}
    assert found[peers.LUCIDRAINS] == {"not_in_seconds": 60.0, "steps": 9, "right": 0.2, "ratio_at_least": 6.0}
    assert found["least_ratio"] == 4.0
    assert "least_ratio" not in quality.told({"playground": Score(60.0, 9, 0.2), peers.DIFFUSERS: Score(60.0, 9, 0.9)})


@pytest.mark.parametrize(("wrong", "drawn"), [(1, 200), (2, 120), (10, 40)])
def test_a_look_ends_when_it_can_only_fail(wrong, drawn):
    asked = []

    def sample(labels):
        asked.append(len(labels))
        return labels

    def recognised(labels):  # so many of each 20 are wrong, of which one may be
        return torch.where(torch.arange(len(labels)) < wrong, -1, labels)[:, None]

    share = quality.looked(Student(lambda: None, sample), recognised, classes=10)
    assert share == pytest.approx(1 - wrong / 20)
    assert sum(asked) == drawn
