"""Everything that is written for others, on a disk that takes only so many bytes: the old file or the whole new one."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from playground import registry, runs
from playground.core import hand_in_file, painted
from playground.core.errors import PlaygroundError
from playground.core.experiment import Budget
from playground.core.hand_in import HandIn
from playground.core.records import CurveOrder, SampleOrder
from playground.core.run_folder import RunFolder
from playground.evaluation.exports import carry_out
from playground.evaluation.hand_in import handed
from playground.evaluation.pictures import save_film
from playground.script import export_script
from tests.helpers import tiny

resource = pytest.importorskip("resource", reason="no limits of a file's size here")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A diffusion model of points after a few steps."""
    place = tmp_path_factory.mktemp("full") / "run"
    return runs.train(runs.start(tiny("diffusion", "moons"), place), Budget("steps", 20)).path


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may become longer than that: the write that would fails as on a full disk, also those of libraries."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def _ordered(order: SampleOrder | CurveOrder) -> None:
    done = carry_out(order)
    if done.failed:
        raise PlaygroundError(done.message)


def _samples(run: Path, path: Path) -> None:
    _ordered(SampleOrder(str(run), str(path), count=50, seed=0, settings={"steps": 3}))


def _script(run: Path, path: Path) -> None:
    export_script(RunFolder.open(run).experiment, path)


def _hand_in(run: Path, path: Path) -> None:
    hand_in_file.write(HandIn("Ada", "today", {"playground": "1"}, runs=(handed(str(run)),)), path)


WRITERS: dict[str, Callable[[Path, Path], object]] = {
    "a.png": _samples,
    "a.gif": _samples,
    "a.npz": _samples,
    "a.csv": lambda run, path: _ordered(CurveOrder(str(run), str(path))),
    "a.json": lambda run, path: RunFolder.open(run).experiment.save(path),
    "a.py": _script,
    "a.handin": _hand_in,
    "film.gif": lambda run, path: save_film(np.random.default_rng(0).random((3, 1, 8, 8)), path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_for_others_is_whole_or_as_it_was(name, run, tmp_path):
    write, path = WRITERS[name], tmp_path / name
    write(run, path)
    size = path.stat().st_size
    assert size > 100
    path.write_bytes(b"old")
    beside = sorted(tmp_path.iterdir())
    for room in (0, 1, size // 2, size - 1):
        with room_for(room), pytest.raises(PlaygroundError) as caught:
            write(run, path)
        sentence = str(caught.value)
        assert str(tmp_path) in sentence
        assert "Something broke" not in sentence
        assert path.read_bytes() == b"old"
        assert sorted(tmp_path.iterdir()) == beside, f"with room for {room} bytes"
    with room_for(2**30):
        write(run, path)
    assert path.stat().st_size == size


def test_a_drawing_is_whole_or_not_there(tmp_path):
    points = np.zeros((100, 2))
    with room_for(500), pytest.raises(PlaygroundError, match="points were not kept"):
        painted.keep(points, tmp_path, "mine", "painted")
    assert not list(tmp_path.iterdir())
    assert painted.keep(points, tmp_path, "mine", "painted").read_text().count("\n") == 102


@pytest.mark.parametrize("room", [0, 100, 3000, 20_000])
def test_a_run_that_no_longer_fits_keeps_what_it_had(room, run, tmp_path):
    job = runs.fork(str(run), 20, tmp_path / "run")
    before = RunFolder.open(tmp_path / "run").load_weights()
    with room_for(room), pytest.raises(PlaygroundError, match="intact"):
        runs.train(job, Budget("steps", 25))
    after = registry.open_run(tmp_path / "run")
    assert after.step == 20
    assert all(torch.equal(before[name], value) for name, value in after.model.state_dict().items())
    assert runs.train(runs.go_on(tmp_path / "run"), Budget("steps", 25)).step == 25
