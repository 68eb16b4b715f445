"""Choosing a device, and saying why it cannot be had; what this machine has is faked."""

import pytest
import torch

from playground.core import device
from playground.core.errors import UsageError


@pytest.fixture
def machine(monkeypatch):
    """Pretends to have certain devices, and a torch with or without CUDA in it."""

    def pretend(cuda: bool = False, mps: bool = False, built_for: str | None = None) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.version, "cuda", built_for)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(False, False, "cpu"), (True, False, "cuda"), (False, True, "mps"), (True, True, "cuda")],
)
def test_auto_takes_the_fastest_there_is(machine, cuda, mps, chosen):
    machine(cuda, mps, "12.8")
    assert device.choose("auto") == chosen
    assert device.choose("cpu") == "cpu"


def test_what_is_there_can_be_named(machine):
    machine(cuda=True, mps=True, built_for="12.8")
    assert device.choose("cuda") == "cuda"
    assert device.choose("mps") == "mps"


@pytest.mark.parametrize(
    ("built_for", "name", "reason"),
    [
        (None, "cuda", "built without CUDA"),
        ("12.8", "cuda", "no NVIDIA GPU was found"),
        (None, "mps", "Mac"),
        (None, "tpu", "auto, cpu, cuda, mps"),
        (None, "", "auto, cpu, cuda, mps"),
    ],
)
def test_what_is_not_there_is_explained_in_a_sentence(machine, built_for, name, reason):
    machine(built_for=built_for)
    with pytest.raises(UsageError, match=reason) as error:
        device.choose(name)
    assert str(error.value).endswith(".")
    if name in ("cuda", "mps"):
        assert "--device cpu" in str(error.value)


def test_the_number_of_threads_is_set_where_it_differs(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    device.use_threads(2)
    device.use_threads(1)
    assert asked == [1]
