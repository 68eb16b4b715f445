"""Every family on every data set that it can learn, by the commands that a person types; run with  pytest -m slow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground import cli, registry

pytestmark = pytest.mark.slow
ON_REQUEST = ("takes", "download")  # data that is not here, but on the net or with the user
LARGEST = ("strokes", "shapes")  # of the data sets that are here
MOST_MEMORY = 1.5e9


def _data() -> list[str]:
    here = [card.name for card in registry.data().values() if not set(ON_REQUEST) & set(card.extra)]
    return [*here, *(name for name in ("drawn", "folder") if name in registry.data())]


@pytest.fixture(scope="session")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A drawn cloud and a folder of pictures, as names of data sets."""
    place = tmp_path_factory.mktemp("own")
    generator = np.random.default_rng(0)
    np.savetxt(place / "points.csv", generator.normal(size=(300, 2)), delimiter=",")
    for kind in ("dark", "light"):
        (place / "pictures" / kind).mkdir(parents=True)
        for i in range(40):
            pixels = generator.integers(0, 120, (20, 20, 3)) + (0 if kind == "dark" else 120)
            Image.fromarray(pixels.astype(np.uint8)).save(place / "pictures" / kind / f"{i}.png")
    return {"drawn": f"drawn:{place / 'points.csv'}", "folder": f"folder:{place / 'pictures'}"}


@pytest.mark.parametrize("data", _data())
@pytest.mark.parametrize("model", list(registry.models()))
def test_a_pair_trains_resumes_evaluates_and_samples(
    model: str, data: str, own_files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, run = own_files.get(data, data), str(tmp_path / "run")
    experiment = registry.experiment(model, name)
    cls = registry.model_class(model)
    spec = registry.load_data(experiment.data, dict(experiment.data_options)).spec
    if reason := cls.supports(spec):
        assert cli.run(["train", model, "--data", name, "--steps", "30", "--out", run]) == 2
        assert reason in capsys.readouterr().err
        return
    assert cli.run(["train", model, "--data", name, "--steps", "30", "--out", run]) == 0
    assert cli.run(["train", model, "--data", name, "--steps", "32", "--out", run, "--resume"]) == 0
    capsys.readouterr()
    assert cli.run(["evaluate", run, "--json", "--count", "20"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert (numbers["model"], numbers["step"] <= 32) == (model, True)
    if "sample" in cls.capabilities(spec):
        file = tmp_path / "samples.npz"
        assert cli.run(["sample", run, "--out", str(file), "--count", "12"]) == 0
        with np.load(file) as arrays:
            assert arrays["samples"].shape == (12, *spec.shape)
            assert arrays["samples"].dtype == np.float32
            assert np.isfinite(arrays["samples"]).all()
        assert cli.run(["sample", run, "--out", str(tmp_path / "samples.png"), "--count", "12"]) == 0
    else:
        assert cli.run(["sample", run, "--out", str(tmp_path / "samples.png")]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="asks the system for the memory of a finished process")
@pytest.mark.parametrize("data", LARGEST)
@pytest.mark.parametrize("model", list(registry.models()))
def test_a_default_run_is_content_with_one_and_a_half_gigabytes(model: str, data: str, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    words = [["train", model, "--data", data, "--steps", "30", "--out", run], ["evaluate", run, "--count", "100"]]
    for command in words:
        started = subprocess.Popen([sys.executable, "-m", "playground", *command], stderr=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL)  # fmt: skip
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode == 2:
            return  # a pair that is refused
        assert started.returncode == 0
        taken = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        assert taken <= MOST_MEMORY, f"{command[0]} {model} on {data} took {taken / 1e9:.2f} GB"
