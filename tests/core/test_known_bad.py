"""What is known not to work is said of such settings, and never of the bundled presets."""

from dataclasses import dataclass
from typing import Any

import pytest

from playground import registry
from playground.core.data import DataSpec
from playground.core.errors import UsageError
from playground.core.experiment import TrainSettings
from playground.core.hyperparams import Empty, param, params
from playground.core.known_bad import GENERAL, KnownBad, advice, setup

FAMILIES = tuple(registry.models())
POINTS = DataSpec("moons", (2,))


@dataclass(frozen=True)
class Config:
    pull: float = param(1.0, low=0.0, high=10.0, help="How hard.")


def _keys(model: str, data: str, **settings: Any) -> list[str]:
    """The settings against which something is known; `train__lr` stands for train.lr."""
    cls, dataset = registry.model_class(model), registry.load_data(data)
    values = {key.replace("__", "."): value for key, value in settings.items()}
    of = setup(dataset.spec, len(dataset.train), cls.Config, cls.SampleSettings, values)
    return [each.key for each in advice(registry.known_bad(model), of)]


def test_a_sentence_holds_the_numbers_of_the_setup():
    bad = KnownBad("pull", lambda s: s.config.pull > 5, "{s.config.pull:g} is more than 5 for {s.examples} examples.",
                   {"pull": 1.0}, alarm="Pulled")  # fmt: skip
    (found,) = advice((bad,), setup(POINTS, 30, Config, Empty, {"pull": 7.0, "train.lr": 0.01}))
    assert (found.key, found.why) == ("pull", "7 is more than 5 for 30 examples.")
    assert (found.repair, found.alarm) == ({"pull": 1.0}, "Pulled")
    assert advice((bad,), setup(POINTS, 30, Config, Empty, {"pull": 5.0})) == []
    with pytest.raises(UsageError, match="too large"):
        setup(POINTS, 30, Config, Empty, {"pull": 11.0})


def test_what_holds_for_any_family():
    def keys(**values: Any) -> list[str]:
        train = {f"train.{name}": value for name, value in values.items()}
        return [each.key for each in advice(GENERAL, setup(POINTS, 30, Config, Empty, train))]

    assert keys(batch=30) == []
    assert keys(lr=1.0, batch=31) == ["train.lr", "train.batch"]
    assert keys(lr=0.1, weight_decay=0.2, batch=30) == ["train.weight_decay"]


@pytest.mark.parametrize(
    ("model", "data", "settings", "key"),
    [
        ("gan", "moons", {"objective": "wgan-gp", "penalty": 0.0}, "penalty"),
        ("gan", "moons", {"objective": "minimax"}, "objective"),
        ("gan", "moons", {"use_z": False}, "use_z"),
        ("gan", "moons", {"momentum": 0.9}, "momentum"),
        ("vae", "moons", {"beta": 20.0}, "beta"),
        ("vae", "moons", {"beta": 0.0}, "beta"),
        ("vae", "digits", {"latent_dim": 1}, "latent_dim"),
        ("diffusion", "moons", {"schedule": "unscaled", "timesteps": 100}, "schedule"),
        ("diffusion", "moons", {"sample__steps": 3}, "sample.steps"),
        ("diffusion", "moons", {"sample__sampler": "ddpm", "sample__steps": 10}, "sample.steps"),
        ("vae", "moons", {"latent_dim": 5}, "latent_dim"),
        ("diffusion", "moons", {"conditional": True, "label_dropout": 1.0}, "label_dropout"),
        ("energy", "digits", {"langevin_steps": 2}, "langevin_steps"),
        ("energy", "digits", {"regularisation": 0.0}, "regularisation"),
        ("gaussian", "digits", {"components": 1000, "train__lr": 0.5}, "train.lr"),
        ("autoregressive", "digits", {"sample__temperature": 2.0}, "sample.temperature"),
        ("stylegan", "digits", {"penalty": 0.0}, "penalty"),
    ],
)
def test_what_is_known_against_a_family(model, data, settings, key):
    assert key in _keys(model, data, **settings)


def test_exact_schedules_and_other_objectives_are_not_blamed():
    assert _keys("diffusion", "moons", schedule="unscaled", timesteps=1000) == []
    assert _keys("gan", "moons", objective="L2", penalty=0.0, latent_dim=2) == []
    assert _keys("energy", "moons", training="exact Z", langevin_steps=1, regularisation=0.0) == []


def test_nothing_is_known_against_the_bundled_presets():
    """A warning beside a knob of a preset that works would be wrong."""
    blamed = {}
    for data, card in registry.data().items():
        if card.extra.get("takes") or card.extra.get("download"):
            continue
        for model in FAMILIES:
            for name in registry.presets(model, data):
                if name != "tiny" and "failure" not in registry.preset(model, data, name):
                    values = registry.experiment(model, data, name).settings()
                    if keys := _keys(model, data, **values):
                        blamed[f"{model}/{data}.{name}"] = keys
    assert blamed == {}


@pytest.mark.parametrize("model", FAMILIES)
def test_every_entry_names_a_setting_that_exists(model):
    cls = registry.model_class(model)
    keys = {*params(cls.Config), *(f"train.{k}" for k in params(TrainSettings)),
            *(f"sample.{k}" for k in params(cls.SampleSettings))}  # fmt: skip
    own = [bad for bad in registry.known_bad(model) if bad not in GENERAL]
    for bad in own:
        assert {bad.key, *bad.repair} <= keys
        assert bad.why.endswith(".")
