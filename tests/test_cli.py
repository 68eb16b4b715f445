"""The command line, in this process: what it prints, what it writes, and one sentence for every mistake."""

import json
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from playground import cli, display, registry, runs
from playground.cli import progress
from playground.core import durable
from playground.core.experiment import Budget, Event, Experiment
from playground.core.records import TrainRecord
from playground.core.run_folder import RunFolder
from playground.evaluation.report import KEYS
from tests.helpers import differing, tiny


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Files are not waited for: no test loses its power."""
    monkeypatch.setattr(durable, "_fsync", lambda handle: None)


@pytest.fixture(scope="module")
def run_folders(tmp_path_factory) -> dict[str, Path]:
    """Runs of a few steps to look at; nobody changes them."""
    folder = tmp_path_factory.mktemp("runs")
    wanted = {
        "points": tiny("diffusion", "moons"),
        "images": tiny("vae", "digits"),
        "labelled": tiny("diffusion", "digits", conditional=True),
    }
    for name, experiment in wanted.items():
        runs.train(runs.start(experiment, folder / name), Budget("steps", 2))
    return {name: folder / name for name in wanted}


def _run(capsys, *words: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = cli.run([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def _well(capsys, *words: object) -> str:
    """The standard output of a command that works."""
    code, out, err = _run(capsys, *words)
    assert code == 0, err
    return out


def _sentence(capsys, code: int, *words: object) -> str:
    """The one sentence of a command that fails with `code`, and prints nothing else."""
    got, out, err = _run(capsys, *words)
    assert got == code, err
    assert out == ""
    assert "Traceback" not in err
    (line,) = err.splitlines()
    assert line.endswith(".")
    assert len(line.split()) > 3
    return line


def _train(*words: object) -> list[object]:
    return ["train", "vae", "--data", "moons", "--preset", "tiny", *words]


# -- list -----------------------------------------------------------------------------------------------------------


def test_list_names_everything_there_is(capsys):
    entries = json.loads(_well(capsys, "list", "--json"))
    assert list(entries) == ["models", "data", "pretrained", "lessons"]
    (lecture,) = [lesson for lesson in entries["lessons"] if lesson["name"] == "lecture"]
    assert "maximum-likelihood" in lecture["scenes"]
    assert [entry["name"] for entry in entries["models"]] == list(registry.models())
    assert [entry["name"] for entry in entries["data"]] == list(registry.data())
    assert [entry["name"] for entry in entries["pretrained"]] == list(registry.pretrained())
    text = _well(capsys, "list")
    assert all(entry["name"] in text for kind in entries.values() for entry in kind)


# -- train ----------------------------------------------------------------------------------------------------------


def test_training_writes_a_run_folder(capsys, tmp_path):
    out = _well(capsys, *_train("--out", tmp_path / "run", "--steps", 3, "--seed", 5, "--set", "latent_dim=3",
                                "--set", "train.batch=16", "--set", "data.std=0.2"))  # fmt: skip
    assert out == ""  # progress and messages go to standard error
    folder = RunFolder.open(tmp_path / "run")
    experiment = folder.experiment
    assert folder.step == 3
    assert experiment.seed == 5
    assert experiment.config["latent_dim"] == 3
    assert experiment.config["hidden"] == 32  # from the preset
    assert experiment.train.batch == 16
    assert experiment.data_options["std"] == 0.2
    assert experiment.budget == Budget("steps", 3)


@pytest.mark.parametrize(("model", "width"), [("diffusion", 20), ("diffusion", 9), ("classifier", 12)])
def test_any_width_in_the_range_trains(capsys, tmp_path, model, width):
    words = ["train", model, "--data", "digits", "--preset", "tiny", "--set", f"width={width}", "--steps", 1]
    _well(capsys, *words, "--out", tmp_path / "run")
    assert RunFolder.open(tmp_path / "run").experiment.config["width"] == width


def test_a_budget_of_seconds_ends_the_run(capsys, tmp_path):
    _well(capsys, *_train("--out", tmp_path / "run", "--seconds", 0.05))
    assert RunFolder.open(tmp_path / "run").manifest["seconds"] >= 0.05


def test_resumed_is_straight_bit_for_bit(capsys, tmp_path):
    _well(capsys, *_train("--out", tmp_path / "straight", "--steps", 12))
    _well(capsys, *_train("--out", tmp_path / "parts", "--steps", 5))
    resume = ["train", "vae", "--data", "moons", "--resume"]
    _well(capsys, *resume, "--out", tmp_path / "parts", "--steps", 12)
    _assert_equal_runs(tmp_path / "straight", tmp_path / "parts")


def test_the_same_command_line_goes_on_with_its_run(capsys, tmp_path):
    words = _train("--set", "latent_dim=3", "--set", "data.std=0.20", "--seed", 4)
    _well(capsys, *words, "--out", tmp_path / "straight", "--steps", 9)
    _well(capsys, *words, "--out", tmp_path / "parts", "--steps", 4)
    _well(capsys, *words, "--out", tmp_path / "parts", "--resume", "--steps", 9)
    _assert_equal_runs(tmp_path / "straight", tmp_path / "parts")


def test_a_preset_that_differs_is_refused_by_its_first_key(capsys, tmp_path):
    _well(capsys, "train", "vae", "--data", "digits", "--preset", "tiny", "--out", tmp_path / "run", "--steps", 1)
    line = _sentence(capsys, 2, "train", "vae", "--preset", "2d", "--out", tmp_path / "run", "--resume")
    assert "has hidden 32, not 256" in line


def test_an_experiment_file_goes_on_with_its_run_up_to_its_budget(capsys, tmp_path):
    whole = replace(tiny("vae", "moons", seed=3), budget=Budget("steps", 9), events=(Event(6, set={"beta": 0.5}),))
    whole.save(tmp_path / "whole.json")
    _well(capsys, "train", tmp_path / "whole.json", "--out", tmp_path / "straight")
    _well(capsys, "train", tmp_path / "whole.json", "--out", tmp_path / "parts", "--steps", 4)
    _well(capsys, "train", tmp_path / "whole.json", "--out", tmp_path / "parts", "--resume")
    _assert_equal_runs(tmp_path / "straight", tmp_path / "parts")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": "diffusion", "config": {}}, "has model vae, not diffusion"),
        ({"data": "eight-gaussians", "data_options": {}}, "has data moons, not eight-gaussians"),
        ({"data_options": {"std": 0.3}}, "has data.std 0.12, not 0.3"),
        ({"seed": 8}, "has seed 0, not 8"),
        ({"config": {"latent_dim": 5}}, "has latent_dim 2, not 5"),
        ({"train": {"lr": 0.5}}, "has train.lr 0.005, not 0.5"),
        ({"threads": 2}, "has threads 1, not 2"),
        ({"events": [{"step": 1, "set": {"beta": 0.5}}]}, "has other events than"),
    ],
)
def test_an_experiment_file_that_differs_is_refused(capsys, tmp_path, change, says):
    _well(capsys, *_train("--out", tmp_path / "run", "--steps", 1))
    content = json.loads((tmp_path / "run" / "experiment.json").read_text())
    (tmp_path / "other.json").write_text(json.dumps(content | change))
    before = _contents(tmp_path / "run")
    assert says in _sentence(capsys, 2, "train", tmp_path / "other.json", "--out", tmp_path / "run", "--resume")
    assert _contents(tmp_path / "run") == before


def test_an_exported_experiment_trains_the_same(capsys, tmp_path):
    hand_made = replace(
        tiny("vae", "moons", seed=3),
        budget=Budget("steps", 9),
        events=(Event(2, set={"beta": 0.5, "train.lr": 0.001}), Event(6, set={"train.batch": 8})),
    )
    first = runs.train(runs.start(hand_made, tmp_path / "first"), hand_made.budget)
    _well(capsys, "train", first.path / "experiment.json", "--out", tmp_path / "second")
    _assert_equal_runs(tmp_path / "first", tmp_path / "second")


def test_a_partial_experiment_takes_defaults_and_no_preset(capsys, tmp_path):
    file = tmp_path / "experiment.json"
    file.write_text(json.dumps({"model": "vae", "data": "moons", "budget": {"kind": "steps", "amount": 1}}))
    _well(capsys, "train", file, "--out", tmp_path / "run")
    kept = RunFolder.open(tmp_path / "run").experiment
    assert kept.config == Experiment.from_json(kept.to_json()).config
    assert kept.config["hidden"] == 256
    assert kept.train.batch == 64


def _assert_equal_runs(a: Path, b: Path) -> None:
    first, second = RunFolder.open(a), RunFolder.open(b)
    assert _losses(first) == _losses(second)
    assert len(_losses(first)) == first.step == second.step > 0
    assert not differing(first.load_weights(), second.load_weights())
    assert not differing(first.load_state()[0], second.load_state()[0])


def _losses(folder: RunFolder) -> list[float]:
    return [loss for record in folder.records() for loss in record.values["loss"]]


class _Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize("kind", ["steps", "seconds"])
def test_the_progress_line_says_a_pace_once_there_is_one(capsys, monkeypatch, kind):
    clock = _Clock()
    monkeypatch.setattr(progress, "time", clock)
    line = progress.Progress(Budget(kind, 60), [])
    for step in (4, 24):
        line.show(TrainRecord(first=step - 1, step=step, seconds=step / 2, values={"loss": (0.5,)}))
        clock.now += 20_000.0
    goal = "/60" if kind == "steps" else ""
    left = 18 if kind == "steps" else 48  # the machine slept for a while, and was not trained
    assert capsys.readouterr().err.splitlines() == [
        f"step 4{goal}  loss 0.5",
        f"step 24{goal}  loss 0.5  2 steps/s  {left} s left",
    ]


def test_one_is_not_many(capsys, tmp_path):
    *_, last = _run(capsys, *_train("--out", tmp_path / "run", "--steps", 1))[2].splitlines()
    assert last == f"Trained 1 step; saved in {tmp_path / 'run'}."
    err = _run(capsys, "sample", tmp_path / "run", "--out", tmp_path / "a.npz", "--count", 1)[2]
    assert err == f"Wrote 1 sample to {tmp_path / 'a.npz'}.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_turns_saves_and_the_run_can_go_on(capsys, tmp_path, monkeypatch, number):
    show, handlers = progress.Progress.show, [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def interrupted(line: progress.Progress, record: TrainRecord) -> None:
        if record.step >= 4:
            os.kill(os.getpid(), number)
        show(line, record)

    monkeypatch.setattr(progress.Progress, "show", interrupted)
    code, out, err = _run(capsys, *_train("--out", tmp_path / "run", "--steps", 5000))
    assert (code, out) == (0, "")
    assert "go on with --resume" in err
    stopped_at = RunFolder.open(tmp_path / "run").step
    assert 4 <= stopped_at < 5000
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    monkeypatch.undo()
    more = stopped_at + 3
    _well(capsys, "train", "vae", "--out", tmp_path / "run", "--resume", "--steps", more)
    _well(capsys, *_train("--out", tmp_path / "straight", "--steps", more))
    _assert_equal_runs(tmp_path / "run", tmp_path / "straight")


def test_a_diverged_run_exits_one_and_keeps_its_last_sound_save(capsys, tmp_path):
    code, out, err = _run(capsys, *_train("--out", tmp_path / "run", "--steps", 2000, "--set", "train.lr=1000"))
    assert (code, out) == (1, "")
    line = err.splitlines()[-1]  # after the progress
    assert "diverged" in line
    assert "lower learning rate" in line
    assert "Traceback" not in err
    weights = RunFolder.open(tmp_path / "run").load_weights()
    assert all(bool(tensor.isfinite().all()) for tensor in weights.values())


# -- sample ---------------------------------------------------------------------------------------------------------


def test_samples_as_an_array(capsys, tmp_path, run_folders):
    for name, shape in (("points", (6, 2)), ("images", (6, 1, 8, 8)), ("labelled", (6, 1, 8, 8))):
        file = tmp_path / f"{name}.npz"
        _well(capsys, "sample", run_folders[name], "--out", file, "--count", 6, *_few(name))
        with np.load(file) as arrays:
            assert arrays["samples"].shape == shape
            assert arrays["samples"].dtype == np.float32
            assert ("labels" in arrays) == (name == "labelled")
            if name != "points":
                assert arrays["samples"].min() >= 0
                assert arrays["samples"].max() <= 1
            if name == "labelled":
                assert arrays["labels"].dtype == np.int64
                assert arrays["labels"].tolist() == [0, 1, 2, 3, 4, 5]


def _few(name: str) -> list[str]:
    return [] if name == "images" else ["--opt", "steps=3"]


def test_samples_come_from_the_seed_and_the_label(capsys, tmp_path, run_folders):
    found = []
    for i, words in enumerate((["--seed", 1], ["--seed", 1], ["--seed", 2], ["--seed", 1, "--label", "7"])):
        file = tmp_path / f"{i}.npz"
        _well(capsys, "sample", run_folders["labelled"], "--out", file, "--count", 2, "--opt", "steps=3", *words)
        with np.load(file) as arrays:
            found.append((arrays["samples"], arrays["labels"].tolist()))
    assert np.array_equal(found[0][0], found[1][0])
    assert not np.array_equal(found[0][0], found[2][0])
    assert [labels for _, labels in found] == [[0, 1], [0, 1], [0, 1], [7, 7]]


def test_samples_as_a_picture_and_an_animation(capsys, tmp_path, run_folders):
    for name in ("points", "images"):
        _well(capsys, "sample", run_folders[name], "--out", tmp_path / f"{name}.png", "--count", 4, *_few(name))
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert min(picture.size) >= 8
    _well(capsys, "sample", run_folders["points"], "--out", tmp_path / "steps.gif", "--count", 4, "--opt", "steps=3")
    with Image.open(tmp_path / "steps.gif") as animation:
        assert animation.n_frames >= 4


def test_a_name_as_long_as_names_may_be_is_written(capsys, tmp_path, run_folders):
    name = "a" * 251 + ".png"
    _well(capsys, "sample", run_folders["images"], "--out", tmp_path / name, "--count", 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_suffix_in_capitals_is_the_same_kind_of_file(capsys, tmp_path, run_folders):
    for kind in ("PNG", "NPZ", "Gif"):
        _well(capsys, "sample", run_folders["points"], "--out", tmp_path / f"a.{kind}", "--count", 2, *_few("points"))
    assert {path.name for path in tmp_path.iterdir()} == {"a.PNG", "a.NPZ", "a.Gif"}
    with Image.open(tmp_path / "a.PNG") as picture:
        assert picture.format == "PNG"
    with np.load(tmp_path / "a.NPZ") as arrays:
        assert arrays["samples"].shape == (2, 2)


# -- evaluate -------------------------------------------------------------------------------------------------------


def test_evaluate_prints_one_object(capsys, run_folders):
    numbers = json.loads(_well(capsys, "evaluate", run_folders["points"], "--json", "--count", 20))
    assert tuple(numbers) == KEYS
    assert (numbers["model"], numbers["data"], numbers["step"]) == ("diffusion", "moons", 2)
    lines = _well(capsys, "evaluate", run_folders["points"], "--count", 20).splitlines()
    assert [line.split()[0] for line in lines] == list(KEYS)


# -- mistakes: one sentence, and nothing is changed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train", "vea", "--data", "moons", "--out", "{new}"], "Did you mean 'vae'"),
        (["train", "vae", "--data", "moon", "--out", "{new}"], "Did you mean 'moons'"),
        (["train", "vae", "--out", "{new}"], "--data"),
        (["train", "vae", "--data", "moons"], "--out"),
        (["train", "classifier", "--data", "moons", "--out", "{new}"], "points"),
        ([*_train("--out", "{new}"), "--set", "latent=2"], "Did you mean 'latent_dim'"),
        ([*_train("--out", "{new}"), "--set", "latent_dim=0"], "too small"),
        ([*_train("--out", "{new}"), "--set", "latent_dim=two"], "number"),
        ([*_train("--out", "{new}"), "--set", "latent_dim"], "key=value"),
        ([*_train("--out", "{new}"), "--set", "train.speed=2"], "no setting 'speed'"),
        ([*_train("--out", "{new}"), "--set", "data.std=-1"], "too small"),
        ([*_train("--out", "{new}"), "--set", "optimizer.lr=1"], "data.KEY or train.KEY"),
        ([*_train("--out", "{new}"), "--steps", "-1"], "--steps"),
        ([*_train("--out", "{new}"), "--steps", "many"], "--steps: many is not a whole number from 1 to 999,999,999."),
        ([*_train("--out", "{new}"), "--steps", "0"], "--steps: 0 is not a whole number from 1 to 999,999,999."),
        ([*_train("--out", "{new}"), "--steps", "2000000000"], "from 1 to 999,999,999."),
        ([*_train("--out", "{new}"), "--steps", "99999999999999999999"], "from 1 to 999,999,999."),
        ([*_train("--out", "{new}"), "--seconds", "0"], "seconds from 0.001 to 999,999,999."),
        ([*_train("--out", "{new}"), "--seconds", "soon"], "--seconds: soon is not a number of seconds"),
        ([*_train("--out", "{new}"), "--seed", "99999999999999999999"], "from 0 to 9,223,372,036,854,775,807."),
        (_train("--out", ""), "--out: it needs a name"),
        (["train", "vae", "--out", "", "--resume"], "--out: it needs a name"),
        (["sample", "", "--out", "{new}.npz"], "Which run?"),
        (["evaluate", " "], "Which run?"),
        (["sample", "{points}", "--out", "{points}"], "is a folder; name a file in it, such as"),
        (["sample", "{points}", "--out", "{new}.npz", "--count", "100001"], "at most 100,000"),
        (["sample", "{points}", "--out", "{new}.gif", "--count", "401"], "at most 400"),
        (["sample", "{labelled}", "--out", "{new}.npz", "--label", "3,4"], "twice"),
        (["bench", "ui", "--seconds", "1e9"], "from 0.1 to 86,400"),
        (["bench"], "Measure what? One of startup, ui"),
        ([*_train("--out", "{new}"), "--seconds", "nan"], "--seconds"),
        ([*_train("--out", "{new}"), "--steps", "1", "--seconds", "1"], "not allowed with"),
        ([*_train("--out", "{new}"), "--seed", "-3"], "--seed"),
        ([*_train("--out", "{new}"), "--device", "tpu"], "no device 'tpu'"),
        (["train", "vae", "--data", "moons", "--preset", "huge", "--out", "{new}"], "no preset"),
        (_train("--out", "{points}"), "not empty"),
        (_train("--out", "{file}"), "not empty"),
        (["train", "{file}.json", "--out", "{new}"], "no experiment file"),
        (["train", "{points}/experiment.json", "--data", "moons", "--out", "{new}"], "leave out"),
        (["train", "vae", "--out", "{points}", "--resume"], "has model diffusion, not vae"),
        (["train", "diffusion", "--data", "digits", "--out", "{points}", "--resume"], "has data moons, not digits"),
        (["train", "diffusion", "--seed", "9", "--out", "{points}", "--resume"], "has seed 0, not 9"),
        (["train", "diffusion", "--set", "width=16", "--out", "{points}", "--resume"], "has width 8, not 16"),
        (["train", "diffusion", "--set", "train.lr=3", "--out", "{points}", "--resume"], "has train.lr 0.005, not 3"),
        (["train", "diffusion", "--set", "data.std=0.3", "--out", "{points}", "--resume"], "data.std 0.12, not 0.3"),
        (["train", "diffusion", "--set", "widht=8", "--out", "{points}", "--resume"], "Did you mean 'width'"),
        (["train", "diffusion", "--preset", "huge", "--out", "{points}", "--resume"], "no preset"),
        (["train", "vae", "--out", "{new}", "--resume"], "no run"),
        (["sample", "nowhere", "--out", "{new}.npz"], "no run 'nowhere'"),
        (["sample", "{points}", "--out", "{new}.bmp"], ".png, .gif, .npz"),
        (["sample", "{points}", "--out", "{new}.npz", "--label", "0"], "without labels"),
        (["sample", "{labelled}", "--out", "{new}.npz", "--label", "12"], "12"),
        (["sample", "{labelled}", "--out", "{new}.npz", "--label", "shape=square"], "shape"),
        (["sample", "{images}", "--out", "{new}.gif"], "shows steps"),
        (["sample", "{points}", "--out", "{new}.npz", "--opt", "step=3"], "Did you mean 'steps'"),
        (["sample", "{points}", "--out", "{new}.npz", "--opt", "steps=0"], "too small"),
        (["sample", "{points}", "--out", "{new}.npz", "--count", "0"], "at least one"),
        (["sample", "{points}", "--out", "{new}.npz", "--count", "-1"], "--count"),
        (["evaluate", "{points}", "--count", "3"], "at least 10"),
        (["evaluate", "nowhere"], "no run"),
        (["dance"], "dance"),
        (["--dance"], "--dance"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_sentence_and_exit_code_two(capsys, tmp_path, run_folders, words, says):
    (tmp_path / "file").write_text("mine")
    places = {**run_folders, "new": tmp_path / "new", "file": tmp_path / "file"}
    before = _contents(run_folders["points"].parent)
    line = _sentence(capsys, 2, *(str(word).format(**places) for word in words))
    assert says in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"
    assert _contents(run_folders["points"].parent) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["train", "sample", "resume"])
def test_cuda_without_cuda_is_explained(capsys, tmp_path, run_folders, monkeypatch, command):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    words = {
        "train": _train("--out", tmp_path / "run"),
        "sample": ["sample", run_folders["points"], "--out", tmp_path / "a.npz"],
        "resume": ["train", "diffusion", "--out", run_folders["points"], "--resume"],
    }[command]
    assert "CUDA cannot be used here" in _sentence(capsys, 2, *words, "--device", "cuda")


def test_a_run_from_a_gpu_says_how_to_go_on_without_one(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    job = runs.start(tiny("vae", "moons"), tmp_path / "run")
    job.trainer.turn(steps=2)
    moved = replace(job.trainer.snapshot(), experiment=replace(job.experiment, device="cuda"))
    RunFolder.create(tmp_path / "run", moved)
    resume = ["train", "vae", "--out", tmp_path / "run", "--resume", "--steps", 4]
    assert "Use --device cpu" in _sentence(capsys, 2, *resume)
    _well(capsys, *resume, "--device", "cpu")
    assert RunFolder.open(tmp_path / "run").step == 4


# -- damage ---------------------------------------------------------------------------------------------------------


def _copy(run_folders: dict[str, Path], tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    RunFolder.open(run_folders["points"]).export(copy)
    return copy


@pytest.mark.parametrize("command", ["sample", "evaluate", "resume"])
@pytest.mark.parametrize("file", ["weights.safetensors", "experiment.json", "manifest.json", "log.jsonl"])
@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_a_damaged_run_is_refused_in_a_sentence(capsys, tmp_path, run_folders, command, file, how):
    copy = _copy(run_folders, tmp_path)
    content = bytearray((copy / file).read_bytes())
    if how == "gone":
        (copy / file).unlink()
    else:
        content[len(content) // 2] ^= 1
        (copy / file).write_bytes(content if how == "flipped" else content[: len(content) // 2])
    words = {"sample": ["sample", copy, "--out", tmp_path / "a.npz"], "evaluate": ["evaluate", copy, "--json"],
             "resume": ["train", "diffusion", "--out", copy, "--resume"]}[command]  # fmt: skip
    line = _sentence(capsys, 1, *words)
    assert str(copy) in line
    assert not (tmp_path / "a.npz").exists()


def test_a_newer_run_asks_for_a_newer_program(capsys, tmp_path, run_folders):
    copy = _copy(run_folders, tmp_path)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"format_version": 99}))
    line = _sentence(capsys, 1, "sample", copy, "--out", tmp_path / "a.npz")
    assert "format 99" in line
    assert "install a newer one" in line


def test_a_bundled_run_cannot_be_trained_further(capsys, tmp_path, run_folders):
    copy = _copy(run_folders, tmp_path)
    line = _sentence(capsys, 1, "train", "diffusion", "--out", copy, "--resume", "--steps", 9)
    assert "no state" in line


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", 1),
        ('{"model": "vae"', 1),
        ("[]", 2),
        ('{"model": "vae", "data": "moons", "config": {"beta": -1}}', 2),
        ('{"model": "vae", "data": "moons", "config": {"btea": 1}}', 2),
        ('{"model": "vae", "data": "moons", "device": "tpu"}', 2),
        ('{"model": "vae", "data": "moons", "events": [{"step": 1, "set": {"hidden": 8}}]}', 2),
        ('{"model": "vae", "data": "moons", "events": [{"step": 1, "parts": ["D"], "count": 8}]}', 2),
    ],
)
def test_a_malformed_experiment_is_refused_before_anything_is_written(capsys, tmp_path, content, code):
    file = tmp_path / "experiment.json"
    file.write_text(content)
    _sentence(capsys, code, "train", file, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


# -- places that cannot be written ----------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_a_sentence(capsys, tmp_path, run_folders):
    (tmp_path / "file").touch()
    line = _sentence(capsys, 1, *_train("--out", tmp_path / "file" / "run", "--steps", 1))
    assert "nothing was kept" in line
    line = _sentence(capsys, 1, "sample", run_folders["images"], "--out", tmp_path / "file" / "a.png")
    assert f"cannot be written to {tmp_path / 'file' / 'a.png'}: " in line


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_sentence(capsys, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert "Permission denied" in _sentence(capsys, 1, *_train("--out", closed / "run", "--steps", 1))


# -- what nobody foresaw ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ZeroDivisionError("division by zero"), "Something broke: ZeroDivisionError: division by zero; nothing"),
        (AssertionError(), "Something broke: AssertionError; nothing"),
        (ValueError("first.\nsecond"), "ValueError: first; nothing"),
        (TimeoutError("The window is late."), "TimeoutError: The window is late; nothing"),
        (OSError(28, "No space left on device"), "No space left on device. Nothing"),
        (OSError(13, "Permission denied", "/a/b"), "Permission denied: /a/b. Nothing"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"), "not enough memory for this"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried"),
            "not enough memory for this",
        ),
        (MemoryError(), "not enough memory for this"),
    ],
)
def test_whatever_breaks_is_one_sentence(capsys, monkeypatch, error, says):
    def breaks() -> None:
        raise error

    monkeypatch.setattr(registry, "models", breaks)
    monkeypatch.delenv("PLAYGROUND_DEBUG", raising=False)
    assert says in _sentence(capsys, 1, "list")
    monkeypatch.setenv("PLAYGROUND_DEBUG", "1")
    code, out, err = _run(capsys, "list")
    assert (code, out) == (1, "")
    assert "Traceback" in err
    assert "in breaks" in err
    assert says in err.splitlines()[-1]


# -- no display -----------------------------------------------------------------------------------------------------


@pytest.fixture
def libraries(monkeypatch):
    """All system libraries that Qt wants are there."""
    monkeypatch.setattr(display, "_missing_libraries", lambda asked: [])
    monkeypatch.setattr(display.sys, "platform", "linux")


@pytest.mark.usefixtures("libraries")
def test_without_a_display_a_sentence_names_the_cause_and_the_way_out(capsys, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    line = _sentence(capsys, 2)
    assert "no display" in line
    assert "playground list, train, sample, evaluate" in line


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    ("environment", "cause"),
    [
        ({}, "There is no display"),
        ({"DISPLAY": ":987"}, "The display :987 does not answer"),
        ({"DISPLAY": "nonsense"}, "does not answer"),
        ({"QT_QPA_PLATFORM": "xcb"}, "There is no display"),
        ({"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "wayland-0"}, "There is no display"),
        ({"QT_QPA_PLATFORM": "holodeck"}, "QT_QPA_PLATFORM is 'holodeck'"),
        ({"QT_QPA_PLATFORM": "offscreen"}, None),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, None),
    ],
)
def test_the_cause_is_found_before_qt_is_asked(environment, cause):
    found = display.problem(environment)
    assert found is None if cause is None else cause in str(found)


@pytest.mark.usefixtures("libraries")
def test_a_display_that_answers_is_no_problem(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1] - 6000
        assert display.problem({"DISPLAY": f"127.0.0.1:{number}.0"}) is None


def test_missing_libraries_are_named_with_the_line_that_mends_it(monkeypatch):
    monkeypatch.setattr(display.sys, "platform", "linux")
    monkeypatch.setattr(display, "_X11_LIBRARIES", {"libnot-there.so.9": "libnot-there9"})
    monkeypatch.setattr(display, "_answers", lambda name: True)
    assert "sudo apt install libnot-there9" in (display.problem({"DISPLAY": ":0"}) or "")


def test_the_budget_is_one_object_and_needs_no_display(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    monkeypatch.setenv("QT_QPA_PLATFORM", "holodeck")
    assert cli.run(["bench", "--budget", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["budget"]
    assert {"figure", "gate", "goal", "measured", "verdict"} <= set(rows[0])


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("words", [["tour", "--out", "pictures"], ["bench", "ui"], ["bench", "startup"]])
@pytest.mark.parametrize("platform", ["xcb", "holodeck"])
def test_a_platform_that_cannot_open_stops_the_offscreen_commands_too(capsys, tmp_path, monkeypatch, words, platform):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    monkeypatch.delenv("DISPLAY", raising=False)
    line = _sentence(capsys, 2, *words)
    assert "The window cannot open. Unset QT_QPA_PLATFORM" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "size", ["0x0", "639x480", "640x479", "7681x800", "1280x4321", "1280", "axb", "-900x800", "²x²"]
)
def test_a_size_no_window_can_have_is_refused(capsys, tmp_path, size):
    assert "from 640x480 to 7680x4320" in _sentence(capsys, 2, "tour", "--out", tmp_path / "new", f"--size={size}")
    assert not (tmp_path / "new").exists()


def test_help_and_version_are_no_mistakes(capsys):
    for words in (["--help"], ["--version"], ["train", "--help"]):
        with pytest.raises(SystemExit) as stop:
            cli.run(words)
        assert stop.value.code == 0
        assert capsys.readouterr().out
