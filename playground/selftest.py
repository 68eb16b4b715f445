"""The promises of the program, tried on this machine the evening before class: a line a check."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import doctor, paths, registry
from playground.core.errors import PlaygroundError
from playground.doctor import Finding

if TYPE_CHECKING:
    from playground.core.experiment import Experiment

STEPS = 20
SAMPLES = 4  # of each bundled run
PATIENCE = 60.0  # seconds until a child has saved its first steps
_NET = ("socket.connect", "socket.bind", "socket.getaddrinfo")
_asked_of_the_net: list[str] = []


@dataclass(frozen=True)
class Check:
    """One promise.

    Attributes:
        name: what is tried.
        cure: what to do where it does not hold.
        look: tries it in an empty folder; returns what was found, or raises.
    """

    name: str
    cure: str
    look: Callable[[Path], str]


class BrokenPromiseError(PlaygroundError):
    """A check found what must not be."""


def examine(checks: "Iterable[Check] | None" = None) -> Iterator[Finding]:
    """What `doctor` looks at, then each check, as soon as it is done. Nothing is left on the disk; never raises."""
    _watch_the_net()
    yield from doctor.examine()
    for check in CHECKS if checks is None else checks:
        yield try_out(check)


def try_out(check: Check) -> Finding:
    """A check in a folder of its own below the data folder, where runs are kept, too."""
    try:
        paths.user_data().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=paths.user_data(), prefix=".selftest-") as folder:
            return Finding("good", check.name, check.look(Path(folder)))
    except Exception as error:  # noqa: BLE001  (a check that breaks is itself a finding)
        said = str(error) if isinstance(error, PlaygroundError) else f"{type(error).__name__}: {error}"
        return Finding("bad", check.name, said, check.cure)


def saved_exactly(folder: Path) -> str:
    """A run that is saved and opened again is the same, bit for bit."""
    from playground import runs
    from playground.core.experiment import Budget
    from playground.core.run_folder import RunFolder

    job = runs.fresh(_small(), folder / "run")
    runs.train(job, Budget("steps", STEPS))
    assert job.trainer is not None
    there = job.trainer.snapshot()
    again = RunFolder.open(folder / "run")
    _check_equal(there.weights, again.load_weights(), "the weights that were saved")
    _check_equal(there.state, again.load_state()[0], "the training state that was saved")
    return f"{len(there.weights) + len(there.state)} tensors came back bit for bit"


def bundled_runs(_: Path) -> str:
    """Every bundled run opens, its hashes fit, and it gives finite samples."""
    import torch

    from playground.core.random import stream

    sampled = 0
    for name in registry.pretrained():
        run = registry.open_run(name)
        if not all(bool(torch.isfinite(tensor).all()) for tensor in run.model.state_dict().values()):
            raise BrokenPromiseError(f"{name} has weights that are not finite.")
        if "sample" in run.model.capabilities(run.dataset.spec):
            with torch.no_grad():
                settings = run.model.SampleSettings()
                batch = run.model.sample(SAMPLES, settings=settings, generator=stream(0, "sampling", run.model.device))
            if not bool(torch.isfinite(batch).all()):
                raise BrokenPromiseError(f"{name} gives samples that are not finite.")
            sampled += 1
    if not sampled:
        raise BrokenPromiseError("There is no bundled run.")
    return f"{len(registry.pretrained())} open and are intact, {sampled} of them sample"


def resumed_exactly(folder: Path) -> str:
    """Stopped half-way and resumed, a run ends where the uninterrupted one does."""
    from playground import runs
    from playground.core.experiment import Budget

    whole = runs.train(runs.fresh(_small(), folder / "whole"), Budget("steps", STEPS))
    runs.train(runs.fresh(_small(), folder / "parts"), Budget("steps", STEPS // 2))
    parts = runs.train(runs.go_on(folder / "parts"), Budget("steps", STEPS))
    _check_equal(whole.load_weights(), parts.load_weights(), "the resumed run")
    _check_equal(whole.load_state()[0], parts.load_state()[0], "the resumed run's training state")
    return f"step {STEPS} is the same, bit for bit, with a stop at {STEPS // 2}"


def killed(folder: Path) -> str:
    """A process that is killed while it trains leaves a run that opens and goes on."""
    from playground import runs

    out = folder / "run"
    words = ["train", "vae", "--data", "moons", "--out", str(out), "--steps", "999999999", "--device", "cpu"]
    path = os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-m", "playground", *words], env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        try:
            _wait_for_steps(out, child)
        finally:
            child.kill()
    job = runs.go_on(out)
    assert job.trainer is not None
    job.trainer.turn(steps=1)
    return f"killed while it trained, its run opened at step {job.step} and went on"


def hostile_files(folder: Path) -> str:
    """Files that strangers might send are refused in a sentence, and nothing in them runs."""
    import numpy as np

    from playground.core import untrusted

    canary = folder / "canary"
    np.save(folder / "code.npy", np.array([_Gadget(canary)], dtype=object), allow_pickle=True)
    (folder / "twice.json").write_text('{"model": "vae", "model": "gan"}')
    (folder / "nan.json").write_text('{"lr": NaN}')
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "huge.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    header = json.dumps({"w": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}).encode()
    (folder / "shape.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    readers: dict[str, Callable[[Path], object]] = {
        ".npy": untrusted.read_array, ".json": untrusted.read_json, ".safetensors": untrusted.read_tensors,
    }  # fmt: skip
    files = sorted(file for file in folder.iterdir() if file.suffix in readers)
    for file in files:
        try:
            readers[file.suffix](file)
        except PlaygroundError:
            continue
        raise BrokenPromiseError(f"{file.name}, which is made to do harm, was opened.")
    if canary.exists():
        raise BrokenPromiseError("A file ran code when it was opened.")
    return f"{len(files)} of {len(files)} refused, nothing ran"


def no_network(_: Path) -> str:
    """Nothing listened and nothing was asked of the network since the first check, in this process."""
    if _asked_of_the_net:
        raise BrokenPromiseError(f"The network was used: {', '.join(sorted(set(_asked_of_the_net)))}.")
    return "none of these checks listened or asked for anything"


_REINSTALL = "python -m pip install --force-reinstall generative-playground"
CHECKS = (
    Check("saving", "check the disk, or set PLAYGROUND_HOME to a folder on another one", saved_exactly),
    Check("bundled runs work", _REINSTALL, bundled_runs),
    Check("resuming", f"runs may not repeat on this machine; {_REINSTALL}", resumed_exactly),
    Check("killed while training", "set PLAYGROUND_HOME to a folder on a local disk", killed),
    Check("files from strangers", f"open no file from a stranger; {_REINSTALL}", hostile_files),
    Check("network", "look for a package or a proxy that phones home, then run this again", no_network),
)


class _Gadget:
    """Unpickled, it makes a folder."""

    def __init__(self, canary: Path) -> None:
        self._canary = str(canary)

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (self._canary,))


def _small() -> "Experiment":
    """A family that trains in a moment."""
    small: dict[str, object] = {"hidden": 16, "latent_dim": 2}
    return registry.experiment("vae", "moons", "", small, seed=0, device="cpu")


def _check_equal(ours: Any, theirs: Any, what: str) -> None:
    import torch

    different = [name for name in ours if name not in theirs or not torch.equal(ours[name], theirs[name])]
    if different or len(ours) != len(theirs):
        raise BrokenPromiseError(f"Not the same: {what} ({', '.join(different[:3]) or 'more than was saved'}).")


def _wait_for_steps(run: Path, child: "subprocess.Popen[bytes]") -> None:
    """Until the child has saved some steps, so that it is in the midst of training."""
    from playground.core.run_folder import RunFolder

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if child.poll() is not None:
            raise BrokenPromiseError(
                f"The training that was to be killed ended by itself, with code {child.returncode}."
            )
        try:
            if RunFolder.open(run).step > 0:
                return
        except PlaygroundError:  # not there yet
            pass
        time.sleep(0.05)
    raise BrokenPromiseError(f"The training that was to be killed saved nothing in {PATIENCE:.0f} s.")


def _watch_the_net() -> None:
    """Notes from now on what asks for the network. A hook cannot be taken away again, so it is set once."""
    if not _watching:
        sys.addaudithook(_note)
        _watching.append(True)
    _asked_of_the_net.clear()


_watching: list[bool] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    """A Unix socket, whose address is no tuple, stays on the machine."""
    if event in _NET and (event == "socket.getaddrinfo" or isinstance(arguments[1], tuple)):
        _asked_of_the_net.append(event)
