"""A preset's receipt: written by training it, valid for its own settings only."""

import json
import shutil
from pathlib import Path

import pytest

from playground import cli, paths, registry
from playground.evaluation import proofs

PRESET = "vae/eight-gaussians.tiny"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny preset in a copy of the presets."""
    shutil.copytree(paths.resources() / "presets", tmp_path / "presets")
    monkeypatch.setattr(paths, "resources", lambda: tmp_path)
    return tmp_path / "presets" / f"{PRESET}.json"


def _seeds(file: Path) -> dict[str, dict[str, float]]:
    return json.loads(file.read_text())["receipt"]["seeds"]


def _prove(seeds: int, *more: str) -> None:
    assert cli.run(["receipts", "--prove", PRESET, "--seeds", str(seeds), *more]) == 0


def test_a_proof_is_written_into_the_preset_and_repeats(file: Path, capsys) -> None:
    before = json.loads(file.read_text())
    _prove(2)
    printed = json.loads(capsys.readouterr().out)
    content = json.loads(file.read_text())
    assert {key: value for key, value in content.items() if key != "receipt"} == before
    assert list(_seeds(file)) == ["0", "1"]
    assert printed == {"preset": PRESET, "seeds": _seeds(file)}
    assert _seeds(file)["0"]["kl"] != _seeds(file)["1"]["kl"]
    assert content["receipt"]["settings"] == proofs.digest(content)
    first = {key: value for key, value in _seeds(file)["0"].items() if key != "seconds"}
    _prove(1)
    again = _seeds(file)
    assert {key: value for key, value in again["0"].items() if key != "seconds"} == first
    assert list(again) == ["0", "1"]  # the other seed's proof still stands


def test_other_settings_end_a_receipt(file: Path) -> None:
    _prove(2)
    content = json.loads(file.read_text())
    content["train"]["lr"] = 0.001
    file.write_text(json.dumps(content))
    assert content["receipt"]["settings"] != proofs.digest(content)
    _prove(1)
    assert list(_seeds(file)) == ["0"]


def test_another_sampler_setting_is_measured_beside_the_usual_one(file: Path) -> None:
    _prove(2)
    usual = _seeds(file)["0"]
    _prove(1, "--opt", "temperature=0.5")
    assert json.loads(file.read_text())["receipt"]["options"] == {"temperature": "0.5"}
    both = _seeds(file)
    assert list(both) == ["0"]  # the other seed was proven without it
    assert both["0"]["sliced_wasserstein"] == usual["sliced_wasserstein"]
    assert both["0"]["sliced_wasserstein, temperature=0.5"] != usual["sliced_wasserstein"]
    assert "nll, temperature=0.5" not in both["0"]  # it has no say in that


def test_an_unknown_preset_is_one_sentence(file: Path, capsys) -> None:
    assert cli.run(["receipts", "--prove", "vae/nothing"]) == 2
    assert "no preset 'vae/nothing'" in capsys.readouterr().err


def test_the_median_counts_and_of_several_factors_the_worst() -> None:
    receipt = {"seeds": {"0": {"a": 1.0, "b": {"x": 0.9, "y": 0.7}}, "1": {"a": 5.0, "b": {"x": 0.6, "y": 0.8}},
                         "2": {"a": 3.0, "b": {"x": 1.0, "y": 1.0}}}}  # fmt: skip
    assert proofs.reached(receipt, "a") == (3.0, [1.0, 5.0, 3.0])
    assert proofs.reached(receipt, "b") == (0.7, [0.7, 0.6, 1.0])
    assert proofs.reached(receipt, "b: x") == (0.9, [0.9, 0.6, 1.0])


@pytest.mark.parametrize(
    "preset", [f"{model}/{file.stem}" for model in registry.models()
               for file in sorted((paths.resources() / "presets" / model).glob("*.json"))]
)  # fmt: skip
def test_a_receipt_speaks_of_the_preset_as_it_is(preset: str) -> None:
    content = json.loads((paths.resources() / "presets" / f"{preset}.json").read_text())
    if "receipt" in content:
        assert content["receipt"]["settings"] == proofs.digest(content), (
            f"{preset} was changed after it was proven; run: playground receipts --prove {preset}"
        )
