"""The description of a run: to JSON and back, and a sentence for whatever is wrong in a file."""

import json

import pytest

from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import FORMAT_VERSION, Budget, Event, Experiment, TrainSettings
from playground.core.hyperparams import params
from tests.helpers import through_json

FULL = Experiment(
    "vae", "moons", {"latent_dim": 2, "beta": 0.5}, {"noise": 0.1},
    TrainSettings(batch=32, lr=0.003, warmup=10, ema=0.9), 7, threads=2, device="cuda", budget=Budget("seconds", 12.5),
    events=(
        Event(3, set={"beta": 2.0, "train.lr": 0.1}),
        Event(3, parts=("model",), count=5),
        Event(9, set={"on": True}),
    ),
)  # fmt: skip


@pytest.mark.parametrize("experiment", [FULL, Experiment("a", "b")], ids=["full", "plain"])
def test_json_and_back(experiment):
    assert through_json(experiment) == experiment


def test_a_file_and_back(tmp_path):
    FULL.save(tmp_path / "experiment.json")
    assert Experiment.load(tmp_path / "experiment.json") == FULL


def test_a_file_spells_out_every_default():
    content = Experiment("a", "b").to_json()
    assert content["format_version"] == FORMAT_VERSION
    assert set(content["train"]) == set(params(TrainSettings))
    assert content["budget"] == {"kind": "steps", "amount": 1000.0}


def test_what_is_left_out_is_the_default():
    assert Experiment.from_json({"model": "a", "data": "b"}) == Experiment("a", "b")


def test_events_say_only_what_was_done():
    events = FULL.to_json()["events"]
    assert events == [
        {"step": 3, "set": {"beta": 2.0, "train.lr": 0.1}},
        {"step": 3, "parts": ["model"], "count": 5},
        {"step": 9, "set": {"on": True}},
    ]


def test_a_run_up_to_a_step_leaves_out_what_was_done_from_then_on():
    by_hand, later = Event(5, parts=("a",), count=10), Event(8, set={"beta": 4.0, "train.lr": 0.5})
    events = (Event(3, set={"beta": 2.0}), by_hand, later)
    whole = Experiment("vae", "moons", {"beta": 1.0}, events=events)
    assert whole.until(8).events == (events[0], Event(5, parts=("a",), count=3))
    assert whole.until(3).events == ()
    assert (whole.until(8).settings()["beta"], whole.until(8).settings()["train.lr"]) == (2.0, TrainSettings().lr)
    assert (whole.settings()["beta"], whole.settings()["train.lr"]) == (4.0, 0.5)


def test_budgets_are_spent_in_their_own_unit():
    assert Budget("steps", 10).spent(10, 0.0)
    assert not Budget("steps", 10).spent(9, 1e9)
    assert Budget("seconds", 1.5).spent(0, 1.5)
    assert not Budget("seconds", 1.5).spent(10**9, 1.4)


NESTED: list = []
for _ in range(200):
    NESTED = [NESTED]

WRONG = {
    "a list": [],
    "a word": "vae",
    "nothing": None,
    "no model": {"model": None},
    "a model that is a number": {"model": 3},
    "data that are a list": {"data": ["moons"]},
    "an unknown key": {"modle": "vae"},
    "a newer version": {"format_version": FORMAT_VERSION + 1},
    "an old version": {"format_version": 0},
    "a version in words": {"format_version": "1"},
    "a version that is a switch": {"format_version": True},
    "settings that are a list": {"config": [1]},
    "a setting that is a list": {"config": {"beta": [1]}},
    "a setting that is null": {"config": {"beta": None}},
    "deep nesting": {"config": {"beta": NESTED}},
    "options that are a word": {"data_options": "none"},
    "an unknown training setting": {"train": {"speed": 1}},
    "a training setting out of range": {"train": {"batch": 0}},
    "a training setting in words": {"train": {"lr": "fast"}},
    "a training setting that is no number": {"train": {"lr": float("nan")}},
    "a negative seed": {"seed": -1},
    "a broken seed": {"seed": 1.5},
    "a seed that is a switch": {"seed": True},
    "a huge seed": {"seed": 2**63},
    "no threads": {"threads": 0},
    "too many threads": {"threads": 10**6},
    "a device that is a number": {"device": 0},
    "a budget that is a number": {"budget": 100},
    "a budget with an unknown key": {"budget": {"steps": 100}},
    "a budget of an unknown kind": {"budget": {"kind": "epochs"}},
    "a budget kind that is a list": {"budget": {"kind": []}},
    "a budget in words": {"budget": {"amount": "much"}},
    "a budget that is a switch": {"budget": {"amount": True}},
    "a negative budget": {"budget": {"amount": -1}},
    "a budget that is no number": {"budget": {"amount": float("nan")}},
    "events that are an object": {"events": {"step": 1}},
    "events that are a number": {"events": 5},
    "an event that is a word": {"events": ["step"]},
    "an event without a step": {"events": [{"set": {}}]},
    "an event with an unknown key": {"events": [{"step": 1, "sett": {}}]},
    "an event whose parts are a word": {"events": [{"step": 1, "parts": "model", "count": 1}]},
    "an event whose parts are numbers": {"events": [{"step": 1, "parts": [1], "count": 1}]},
    "an event that counts backwards": {"events": [{"step": 1, "count": -1}]},
    "an event that sets null": {"events": [{"step": 1, "set": {"beta": None}}]},
    "events out of order": {"events": [{"step": 5}, {"step": 2}]},
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_wrong_content_is_one_sentence(content):
    if isinstance(content, dict):
        content = {"model": "vae", "data": "moons"} | content
    with pytest.raises(UsageError) as error:
        Experiment.from_json(content)
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"model": "vae", "model": "gan"}', b'{"seed": NaN}', b"[" * 100_000,
     b'{"seed": ' + b"9" * 5000 + b"}", b'{"budget": {"amount": 1e999}}'],
    ids=["empty", "half", "no text", "a key twice", "NaN", "deep", "a huge number", "infinity"],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence_and_no_usage_error(content, tmp_path):
    file = tmp_path / "experiment.json"
    file.write_bytes(content)
    with pytest.raises(PlaygroundError, match=r"experiment\.json is damaged or not valid JSON: .*\.$") as error:
        Experiment.load(file)
    assert error.value.exit_code == 1
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UsageError, match="no experiment file"):
            Experiment.load(path)


def test_newer_files_ask_for_a_newer_program(tmp_path):
    file = tmp_path / "experiment.json"
    file.write_text(json.dumps(FULL.to_json() | {"format_version": 9, "wonders": []}))
    with pytest.raises(UsageError, match=r"format 9.*Install a newer one"):
        Experiment.load(file)
