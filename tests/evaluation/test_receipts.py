"""The bundled runs are what their receipts say, and as good as the playground promises."""

import pytest

from playground import paths, registry
from playground.evaluation import receipts

AT_LEAST = {
    "classifier-digits": {"label_accuracy": 0.99},
    "diffusion-digits": {"label_accuracy": 0.95},
    "diffusion-eight-gaussians": {"modes_hit": 8, "share_within_3_sigma": 0.90},
    "vae-digits": {"reconstruction_label_accuracy": 0.90},
    "vae-digits-2d": {"reconstruction_label_accuracy": 0.75},
}


def test_every_bundled_run_has_a_promise() -> None:
    assert set(registry.pretrained()) == set(AT_LEAST)


@pytest.mark.parametrize("name", sorted(AT_LEAST))
def test_measuring_again_gives_the_receipt(name: str) -> None:
    row = receipts.measure_again(name, retrain=False, say=lambda words: None)

    assert row["holds"], row
    for key, least in AT_LEAST[name].items():
        assert row["measured"][key] >= least, f"{name}: {key} is {row['measured'][key]}, promised {least}"


def test_a_number_that_differs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = receipts.read("vae-digits")
    stored["numbers"]["nll"] *= 1.1
    monkeypatch.setattr(receipts, "read", lambda name: stored)

    assert not receipts.measure_again("vae-digits", retrain=False, say=lambda words: None)["holds"]


def test_the_bundled_runs_stay_small() -> None:
    total = sum(file.stat().st_size for file in paths.pretrained().rglob("*") if file.is_file())
    assert total < 8e6, f"the bundled runs take {total / 1e6:.1f} MB"


def test_bundled_runs_carry_a_picture_and_no_training_state() -> None:
    for name, folder in registry.pretrained().items():
        assert not list(folder.glob("state*")), f"{name} carries its training state"
        assert (folder / "samples.png").is_file() == (name != "classifier-digits")
