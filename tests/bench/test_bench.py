"""What the commands give, on the smallest work there is."""

import json

import pytest
import torch

from playground.bench import growth, peers, plain, race, sampling, subjects, training
from playground.core.errors import PlaygroundError


@pytest.fixture
def nobody_else(monkeypatch):
    """No peer is installed."""
    monkeypatch.setattr(peers, "is_installed", lambda name: False)


def test_training_is_compared_family_by_family(monkeypatch, nobody_else):
    for name, value in (("SIDE", 4), ("BATCH", 2), ("WIDTH", 8), ("HIDDEN", 8), ("IMAGES", 64)):
        monkeypatch.setattr(training, name, value)
    for name, value in (("SIDES", (4, 8)), ("BATCHES", (2, 4)), ("EXAMPLES", (64, 128)), ("SESSIONS", (1, 2))):
        monkeypatch.setattr(growth, name, value)
    monkeypatch.setattr(race, "ROUNDS", 1)
    monkeypatch.setattr(growth, "_ROUNDS", 1)
    monkeypatch.setattr(growth, "_WARM_UP", 1)
    before = torch.get_rng_state()
    figures = json.loads(json.dumps(training.train(0.0)))
    assert torch.equal(torch.get_rng_state(), before)
    assert figures["device"] == "cpu"
    assert figures["unet"]["diffusers"] == figures["vae"]["pythae"] == "not installed"
    assert figures["unet"]["matmul_share"] > 0
    for family in ("vae", "gan", "autoregressive"):
        assert figures[family]["plain loop"]["ratio"] > 0
    assert figures["growth"]["image_size"]["sizes"] == [4, 8]
    assert set(figures["growth"]["examples"]["exponents"]) == {"seconds", "work", "step_memory"}
    together = figures["growth"]["sessions"]
    assert together["exponents"]["step_memory"] == pytest.approx(1.0)  # a session costs the others none
    assert len(together["steps_per_second"]) == 2


def test_sampling_is_compared(monkeypatch, nobody_else):
    for name, value in (("SIDE", 4), ("COUNT", 2), ("STEPS", 2), ("FULL_SIDE", 6)):
        monkeypatch.setattr(sampling, name, value)
    figures = json.loads(json.dumps(sampling.sample(0.0, count=2)))
    assert figures["diffusion"]["playground"]["steps_per_second"] > 0
    assert figures["autoregressive"]["same_bits"] is True
    assert figures["autoregressive"]["size"] == 6


def test_a_cache_that_changes_samples_is_no_faster(monkeypatch):
    model = subjects.model("autoregressive", 4, {"width": 8})

    def sample(n, *, settings, generator):
        return torch.full((n, 1, 4, 4), float(settings.cached))

    monkeypatch.setattr(model, "sample", sample)
    monkeypatch.setattr(subjects, "model", lambda *_: model)
    with pytest.raises(PlaygroundError, match="other images"):
        sampling.written(4, 2)


def test_examples_cost_a_step_no_memory_and_a_batch_does():
    def memory(count, batch):
        return growth.memory_of_a_step(subjects.trainer("diffusion", subjects.points(count), {"width": 8}, batch))

    assert memory(100, 32) == memory(1000, 32)
    assert memory(100, 32) < memory(100, 64) < 2 * memory(100, 32)


def test_levels_are_those_of_our_network():
    for side in (7, 8, 16, 28):
        network = subjects.model("diffusion", side, {"width": 8}).get_submodule("network.body")
        assert [block.conv1.out_channels // 8 for block in network.down] == list(training.levels(side))


def test_plain_batches_show_every_example_once_an_epoch():
    take = plain.batches_of(torch.arange(10.0), 5)
    assert sorted(torch.cat([take(), take()]).tolist()) == list(range(10))


def test_plain_loops_train_the_networks_they_are_given():
    x = subjects.images(32, 8)
    gan = subjects.trainer("gan", x, {"width": 8}, 8).model
    written = subjects.trainer("autoregressive", x, {"width": 8, "depth": 2}, 8).model
    vae = subjects.trainer("vae", x, {"hidden": 8, "pixels": "binomial"}, 8).model
    before = [[p.clone() for p in model.parameters()] for model in (gan, written, vae)]
    batches = plain.batches_of(x, 8)
    plain.train_gan(gan.generator, gan.discriminator, gan.latent_dim, 0.1, batches)()
    plain.train_autoregressive(written.network, subjects.LEVELS, batches)()
    plain.train_vae(vae.encoder, vae.decoder, subjects.LEVELS, batches)()
    for model, old in zip((gan, written, vae), before, strict=True):
        assert not all(torch.equal(p, q) for p, q in zip(model.parameters(), old, strict=True))
    assert torch.equal(x, subjects.images(32, 8))


@pytest.mark.slow
def test_peers_train_and_sample_where_they_are_installed():
    before = torch.get_rng_state()
    for name in filter(peers.is_installed, (peers.DIFFUSERS, peers.LUCIDRAINS)):
        network = peers.unet(name, 8, (1, 2), 0.005)
        peers.train_unet(name, network, plain.batches_of(subjects.images(16, 8), 4))()
        peers.sample_unet(name, network, 2, 8, 2)()
    torch.set_rng_state(before)
