"""Two processes that train together do what one does that takes both shares of each batch, one after the other."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.optim import Optimizer

from playground import runs
from playground.core import ranks as ranks_module
from playground.core.errors import UsageError
from playground.core.experiment import Experiment
from playground.core.model import GenerativeModel
from playground.core.random import stream
from playground.core.ranks import ALONE, LOST, joined
from playground.core.run_folder import RunFolder
from tests.core.together import DEATH, STEPS, train_to
from tests.helpers import differing, tiny, trainer_of

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0  # seconds; a child that takes longer hangs
CASES = {
    "vae": tiny("vae", "moons"),
    "diffusion": tiny("diffusion", "moons", clip=0.05),  # it shortens its gradients by itself
    "gan": tiny("gan", "moons", penalty=1.0, discriminator_steps=1),  # R1 in its first step
    "wgan": tiny("gan", "moons", objective="wgan-gp", spectral=True, penalty=1.0),
    "energy": tiny("energy", "moons", training="contrastive divergence", buffer=256),
    "autoregressive": tiny("autoregressive", "moons"),
    "statistics": tiny("statistics", "moons"),
    "gradients": tiny("gaussian", "moons", fit="gradient", train__clip=0.5, train__weight_decay=0.1),
    "stylegan": tiny("stylegan", "digits", penalty=1.0),
    "classifier": tiny("classifier", "digits"),
    "EM": tiny("gaussian", "moons", fit="EM"),
}


@contextmanager
def two(command: list[str]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """The same command in two processes, as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    both = [
        subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         env=os.environ | world | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]  # fmt: skip
    try:
        yield both
    finally:
        for process in both:
            process.kill()
            process.wait()
            process.stderr.close()


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """What two processes end with, a folder of files."""
    out = tmp_path_factory.mktemp("together")
    cases = json.dumps([experiment.to_json() for experiment in CASES.values()])
    with two(["-m", "tests.core.together", str(out), cases]) as (first, second):
        _, said = first.communicate(timeout=PATIENCE)
        assert first.returncode == 1, said.decode()
        assert second.wait(PATIENCE) == -signal.SIGKILL
    return out


def accumulated(experiment: Experiment) -> dict[str, Tensor]:
    """One process, one model: the gradients of both shares are added up before each step of each part. The first share
    has the noise of a run alone, the second that of rank 1, and each has training state of its own."""
    trainer = trainer_of(experiment)
    model, optimizers, size = trainer.model, trainer.optimizers, experiment.train.batch
    noises = [stream(experiment.seed, name) for name in ("training", "training of rank 1")]
    states = [_copy(model.training_state()) for _ in noises]
    rows = torch.randperm(len(trainer.dataset.train), generator=stream(experiment.seed, "order"))
    assert len(rows) >= STEPS * size
    for step in range(STEPS):
        shares = rows[step * size : (step + 1) * size].chunk(2)
        begun, buffers = [noise.get_state() for noise in noises], _copy(dict(model.named_buffers()))
        after: list[dict[str, Tensor]] = []
        for part in model.parts:
            mean: dict[Tensor, Tensor] = {}
            for i, noise in enumerate(noises):
                noise.set_state(begun[i])
                _write(model, buffers)
                model.load_training_state(states[i])
                model.zero_grad()
                for group in optimizers[part].param_groups:
                    group["lr"] = experiment.train.lr * group.get("lr_scale", 1.0)
                with _nothing_moves(optimizers):
                    model.train_step(trainer.dataset.train.take(shares[i]), optimizers, noise, (part,))
                for parameter in (p for p in model.parameters() if p.grad is not None):
                    mean[parameter] = mean.get(parameter, 0.0) + parameter.grad / 2
                if part == model.parts[0]:  # in a game the first player's turn is the one that counts the rounds
                    states[i] = _copy(model.training_state())
                    after.append(_copy(dict(model.named_buffers())))
            for parameter, gradient in mean.items():
                parameter.grad = gradient
            if longest := getattr(model.config, "clip", 0.0):
                torch.nn.utils.clip_grad_norm_(model.parameters(), longest)
            optimizers[part].step()
        _write(model, after[0])
    state = {f"raw/{name}": t for name, t in model.state_dict().items()}
    state |= {f"training/{name}": t for name, t in states[0].items()}
    return state | {f"rank1/training/{name}": t for name, t in states[1].items()}


def _copy(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _write(model: GenerativeModel, buffers: Mapping[str, Tensor]) -> None:
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])


@contextmanager
def _nothing_moves(optimizers: Mapping[str, Optimizer]) -> Iterator[None]:
    """Inside, gradients pile up as they are, and no step is taken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: None)
        for optimizer in optimizers.values():
            patch.setattr(optimizer, "step", lambda: None)
            patch.setattr(optimizer, "zero_grad", lambda: None)
        yield


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("EM", "wgan")])
def test_two_are_as_one_that_adds_up_both_shares(ends, name):
    found, wanted = _end(ends, name, "straight"), accumulated(CASES[name])
    start = trainer_of(CASES[name]).model.state_dict()
    assert any(not torch.equal(start[key], wanted[f"raw/{key}"]) for key in start)
    for key, tensor in wanted.items():
        torch.testing.assert_close(found[key], tensor, rtol=1e-5, atol=1e-5, msg=lambda text, key=key: f"{key}: {text}")


def test_all_data_in_one_step_are_fitted_by_one(ends):
    alone = trainer_of(CASES["EM"])
    train_to(alone, STEPS)
    assert differing(alone.model.state_dict(), _end(ends, "EM", "rank0")) == []
    assert differing(alone.model.state_dict(), _end(ends, "EM", "rank1")) == []


@pytest.mark.parametrize("name", CASES)
def test_both_have_the_same_weights_and_go_on_where_they_stopped(ends, name):
    own = {"stored", "stored_labels"} if name == "energy" else set()  # some of the chains, which are each one's own
    assert set(differing(_end(ends, name, "rank0"), _end(ends, name, "rank1"))) <= own
    straight = _end(ends, name, "straight")
    assert not torch.equal(straight["generator/noise"], straight["rank1/generator/noise"]) or name == "EM"
    assert differing(straight, _end(ends, name, "resumed")) == []


def test_a_dead_process_ends_the_other_with_a_whole_run(ends):
    assert (ends / "lost").read_text(encoding="utf-8") == LOST
    folder = RunFolder.open(ends / "run")
    assert 1 <= folder.step <= DEATH
    assert folder.experiment.processes == 2
    assert runs.look_at(str(ends / "run")).step == folder.step


def test_a_batch_is_shared_equally():
    pair = object.__new__(ranks_module._Together)
    pair.index, pair.size = 1, 2
    assert pair.part(torch.arange(7)).tolist() == [3, 4, 5]
    with pytest.raises(UsageError, match=r"A batch of 1 cannot be shared by 2 processes"):
        pair.check("cpu", 1)
    with pytest.raises(UsageError, match=r"--device cpu"):
        pair.check("mps", 64)


def test_a_run_of_two_is_not_gone_on_with_by_one(ends):
    with pytest.raises(UsageError, match=r"by 2 processes together.*torchrun --nproc-per-node 2"):
        runs.go_on(ends / "run")
    with pytest.raises(UsageError, match="by 2 processes"):
        runs.fork(str(ends / "run"), None)
    job = runs.open_any(str(ends / "run"))
    assert job.trainer is None
    assert "can be sampled" in job.notice


@pytest.mark.slow
@pytest.mark.parametrize(("whom", "how"), [(1, signal.SIGKILL), (0, signal.SIGKILL), (1, signal.SIGSTOP)])
def test_the_command_ends_within_half_a_minute_of_a_death(whom, how, tmp_path):
    """python -m pytest -m slow tests/core/test_ranks.py"""
    with two(_train(tmp_path / "run")) as both:
        _until_saved(tmp_path / "run")
        both[whom].send_signal(how)
        _, said = both[1 - whom].communicate(timeout=30.0)
    assert both[1 - whom].returncode == 1
    assert said.decode().splitlines()[-1] == LOST
    assert RunFolder.open(tmp_path / "run").step >= 8


@pytest.mark.slow
def test_the_command_stops_for_all_and_goes_on(tmp_path):
    """python -m pytest -m slow tests/core/test_ranks.py"""
    with two(_train(tmp_path / "run")) as both:
        _until_saved(tmp_path / "run")
        both[0].send_signal(signal.SIGINT)  # the first decides
        said = [process.communicate(timeout=PATIENCE)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert "Stopped and saved" in said[0]
    assert said[1] == ""
    step = RunFolder.open(tmp_path / "run").step
    with two([*_train(tmp_path / "run", step + 5), "--resume"]) as both:
        said = [process.communicate(timeout=PATIENCE)[1].decode() for process in both]
    assert f"Trained {step + 5} steps by 2 processes" in said[0]
    assert said[1] == ""
    with two(_train(tmp_path / "run")) as both:
        said = [process.communicate(timeout=PATIENCE)[1].decode() for process in both]
    assert both[0].returncode == 2
    assert "is not empty" in said[0]
    assert both[1].returncode == 1  # the first one kept the store, as torchrun does otherwise: all it sees is the loss


def _train(out: Path, steps: int = 10**6) -> list[str]:
    return ["-m", "playground", "train", "vae", "--data", "moons", "--preset", "tiny", "--device", "cpu",
            "--out", str(out), "--steps", str(steps)]  # fmt: skip


def _until_saved(out: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not (out / "history" / "weights-00000008.safetensors").exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert joined() is ALONE
    assert (ALONE.first, ALONE.lead(True), ALONE.noise("training")) == (True, True, "training")


def _end(ends: Path, name: str, which: str) -> dict[str, Tensor]:
    return load_file(ends / f"{list(CASES).index(name)}.{which}")
