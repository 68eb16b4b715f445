"""Diffusion's lenses: loss by t, the twin without t, the bridge to pixels, guidance arrows, samplers."""

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from playground import registry
from playground.core.noise_targets import TARGETS, target_of
from playground.gui.panels.diffusion.bridge import GONE, with_gone
from playground.gui.panels.diffusion.losses import errors_by_target
from playground.gui.panels.diffusion.sweeps import GuidanceSweepLens, SamplersLens
from playground.gui.panels.diffusion.twin import verdict
from playground.models.autoregressive import Autoregressive
from playground.models.diffusion import Denoiser
from tests.gui.driving import opened_window


@pytest.fixture(scope="module")
def digits(qapp, request):
    """The bundled run on real digits, shared."""
    with opened_window(QtBot(request), "diffusion-digits") as person:
        person.show_view("Inside")
        lens(person, "Bridge")  # its other run stays open
        yield person


@pytest.fixture(scope="module")
def plane(qapp, request):
    """The bundled conditional run in the plane, shared."""
    with opened_window(QtBot(request), "diffusion-eight-gaussians-conditional") as person:
        person.show_view("Inside")
        yield person


def lens(person, title):
    """Shows a lens and gives it."""
    person.show_tool("diffusion.inside.lens", title)
    return person.view.lens


def said(person, name):
    """The words of a lens."""
    return person.find(f"diffusion.inside.{name}").text()


# -- loss by t ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trained", TARGETS)
def test_one_error_counted_as_each_target(trained):
    """By hand: an error e of ε is one of −(σ/α) e of x_0, of e / α of v where α² + σ² = 1, of (1 + σ/α) e of flow."""
    draw = np.random.default_rng(0)
    image, noise, e = draw.standard_normal((3, 5, 1, 4, 4))
    signal = np.array([0.99, 0.8, 0.5, 0.2, 0.05]).reshape(-1, 1, 1, 1)
    sigma = np.sqrt(1 - signal**2)
    x = signal * image + sigma * noise
    wrong = noise + e, image - sigma / signal * e  # a pair that still makes x_t
    look = {"x": x, "image": image, "noise": noise, "signal": signal, "sigma": sigma,
            "prediction": target_of(trained, *wrong, signal, sigma)}  # fmt: skip
    found = errors_by_target(look, trained)
    factors = {"epsilon": 1 + 0 * signal, "x_0": sigma / signal, "v": 1 / signal, "flow": 1 + sigma / signal}
    for key, factor in factors.items():
        np.testing.assert_allclose(found[key], ((factor * e) ** 2).mean(axis=(1, 2, 3)), rtol=1e-9)


def test_the_loss_by_t_is_that_of_held_out_data_and_can_be_counted_otherwise(digits):
    losses = lens(digits, "Loss by t")
    run = registry.open_run("diffusion-digits")
    test = run.dataset.test
    for reading, low, high in (("clean", 0, 50), ("noisy", 950, 1000)):
        t = torch.randint(low, high, (len(test),), generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            label = test.labels
            look = run.model.look(test.x, t, torch.Generator().manual_seed(2), label)
        expected = float((look["prediction"] - look["noise"]).square().mean())
        assert losses.readings()[reading] == pytest.approx(expected, rel=0.15)
    assert "20 bins of t, 57 to 58 looks in each; an estimate" in said(digits, "losses.words")
    off = float(said(digits, "losses.words").rpartition("off by ")[2].strip(".").replace("−", "-"))
    assert off < 1e-5
    as_noise = losses.plot._curves
    digits.choose("diffusion.inside.losses.counted", "x₀")
    assert list(losses.plot._curves) == ["error of x₀"] != list(as_noise)
    assert next(iter(losses.plot._curves.values()))[1][-1] > 1  # near pure noise nobody knows the image


def test_all_ways_to_say_one_prediction_follow_the_time(digits):
    lens(digits, "Loss by t")
    grids = {key: digits.find(f"diffusion.inside.losses.{key}") for key in TARGETS}
    shown = []
    for t in (20, 900):
        digits.ask_again(lambda t=t: digits.find("diffusion.inside.losses.time").setValue(t))
        shown.append({key: grid.images()[0].copy() for key, grid in grids.items()})
        levels = registry.open_run("diffusion-digits").model.schedule()
        a, s = float(levels["signal"][t]), float(levels["sigma"][t])
        v = a * shown[-1]["epsilon"] - s * (2 * shown[-1]["x_0"] - 1)
        inside = (shown[-1]["x_0"] > 0) & (shown[-1]["x_0"] < 1)  # a picture is cut to [0, 1]
        np.testing.assert_allclose(shown[-1]["v"][inside], v[inside], atol=1e-5)
    assert all(np.abs(shown[0][key] - shown[1][key]).max() > 0.1 for key in TARGETS)


# -- the bridge -----------------------------------------------------------------------------------------------------


def test_pixels_vanish_in_the_order_in_which_they_are_drawn():
    image = np.arange(12, dtype=np.float32).reshape(3, 2, 2) / 12
    gone = with_gone(image, 4)  # the last pixel whole, and the blue of the one before
    assert (gone[:, 1, 1] == np.float32(GONE)).all()
    assert (gone != image).sum() == 4
    assert gone[2, 1, 0] == np.float32(GONE)
    order = registry.open_run("autoregressive-shapes").model.raster[-4:]  # an RGB model's own order
    assert [int(i) // 256 for i in order] == [2, 0, 1, 2]


def test_one_image_is_destroyed_and_rebuilt_twice_a_call_of_a_network_each_step(digits, monkeypatch):
    counted = {"pixel": 0, "noise": 0}

    def counting(kind, name, word):
        inner = getattr(kind, name)

        def call(self, *arguments, **named):
            counted[word] += 1
            return inner(self, *arguments, **named)

        monkeypatch.setattr(kind, name, call)

    counting(Denoiser, "forward", "noise")
    counting(Autoregressive, "_ask", "pixel")
    bridge = lens(digits, "Bridge")
    before = bridge.pixels[-1], bridge.noises[-1]
    counted.update(pixel=0, noise=0)
    digits.press("diffusion.inside.bridge.again")
    digits.settle()
    assert not any(np.array_equal(*pair) for pair in zip(before, (bridge.pixels[-1], bridge.noises[-1]), strict=True))
    assert counted == {"pixel": 32, "noise": 32}
    image, count = bridge.image(), 32
    assert len(bridge.pixels) == len(bridge.noises) == 2 * count + 1
    for k in (0, 7, count):
        assert (bridge.pixels[k].ravel() == np.float32(GONE)).sum() == k
        assert (bridge.pixels[2 * count - k].ravel() == np.float32(GONE)).sum() == k
    for k in range(1, count + 1):  # what was drawn stays
        known = 64 - count + k
        now, then = bridge.pixels[count + k].ravel(), bridge.pixels[-1].ravel()
        np.testing.assert_array_equal(now[:known], then[:known])
    np.testing.assert_array_equal(bridge.pixels[-1].ravel()[:32], image.ravel()[:32])

    model = registry.open_run("diffusion-digits").model
    signal, sigma = model.schedule()["signal"].numpy(), model.schedule()["sigma"].numpy()
    times = model.schedule(64)["times"].numpy()[::-1]
    noise = (2 * bridge.noises[count] - 1 - signal[times[31]] * (2 * image - 1)) / sigma[times[31]]
    assert noise.std() == pytest.approx(1, abs=0.25)
    expected = 0.5 + 0.5 * (signal[times[9]] * (2 * image - 1) + sigma[times[9]] * noise)
    np.testing.assert_allclose(bridge.noises[10], expected, atol=1e-4)
    assert np.abs(bridge.noises[-1] - image).mean() < np.abs(bridge.noises[count] - image).mean()

    digits.press("diffusion.inside.bridge.last")
    np.testing.assert_allclose(digits.find("diffusion.inside.bridge.by_pixel").images()[0], bridge.pixels[-1])
    assert "32 of 32 network calls" in digits.find("diffusion.inside.bridge.caption").text()
    digits.press("diffusion.inside.bridge.another")
    digits.settle()
    assert np.abs(bridge.noises[0] - image).max() > 0.1
    assert len(bridge.pixels) == len(bridge.noises) == 2 * count + 1


# -- the twin -------------------------------------------------------------------------------------------------------


def test_nothing_is_claimed_within_the_noise():
    near, far = [0.10, 0.11, 0.12], [0.30, 0.31, 0.29]
    assert verdict(near, far, 0.1, "distance").startswith("Without t the samples are farther from the data.")
    assert verdict(far, near, 0.1, "distance").startswith("Without t they are no worse: nearer.")
    assert verdict([0.10, 0.14, 0.12], near, 0.1, "distance").startswith("No difference can be told.")
    assert "More seeds follow" in verdict(near[:1], far[:1], 0.1, "distance")
    assert "0.11 with t, 0.3 without; as many real examples reach 0.1." in verdict(near, far, 0.1, "distance")


def test_the_twin_without_t_is_measured_beside_this_run(open_window):
    person = open_window("diffusion-eight-gaussians")
    person.show_view("Inside")
    twin = lens(person, "Without t")
    assert person.find("diffusion.inside.twin.run").name() == "diffusion-eight-gaussians-no-time"
    readings = twin.readings()
    words = said(person, "twin.says")
    mine, theirs = ([numbers["sliced_wasserstein"] for numbers in found] for found in twin._found)
    assert len(mine) == len(theirs) == 3
    assert words == verdict(mine, theirs, readings["floor"], "sliced Wasserstein distance")
    assert readings["mine"] == pytest.approx(np.mean(mine))
    assert len(person.panel.sessions()) == 2
    stages = [person.find(f"diffusion.inside.twin.{part}.points") for part in ("mine", "theirs")]
    assert all("samples" in stage.visible_layers() for stage in stages)


@pytest.mark.slow
def test_a_twin_that_nobody_trained_is_trained_here(open_window, tiny_run):
    person = open_window(tiny_run("diffusion", "moons", 30))
    person.show_view("Inside")
    twin = lens(person, "Without t")
    person.press("diffusion.inside.twin.train")
    person.wait(lambda: len(twin._found[1]) == 3)
    settings = twin.other.experiment.settings()
    assert settings["know_time"] is False
    assert settings["width"] == person.session.experiment.settings()["width"]
    assert (twin.other.step, twin.other.facts["data_hash"]) == (30, person.session.facts["data_hash"])
    assert "with t," in said(person, "twin.says")


# -- guidance and samplers ------------------------------------------------------------------------------------------


def test_guidance_of_one_is_the_class_and_more_goes_beyond_it(plane):
    guidance = lens(plane, "Guidance arrows")
    scale = plane.find("diffusion.inside.guidance.scale")
    samples, readings = {}, {}
    for tenths in (0, 10, 40):
        plane.ask_again(lambda tenths=tenths: scale.setValue(tenths))
        item = guidance.plane._layers["samples"].item
        samples[tenths], readings[tenths] = np.stack(item.getData(), axis=1), guidance.readings()
    assert readings[0]["free"] == pytest.approx(0, abs=1e-6)
    assert readings[10]["class"] == pytest.approx(0, abs=1e-6)
    assert readings[40]["class"] == pytest.approx(3 * readings[10]["free"], rel=1e-5)
    model = registry.open_run("diffusion-eight-gaussians-conditional").model
    settings = model.SampleSettings(guidance=1.0, steps=25)
    generator = torch.Generator().manual_seed(0)
    told = model.sample(300, label=torch.zeros(300, 1, dtype=torch.int64), settings=settings, generator=generator)
    # The conditional sampler by itself gives the same cloud: one mode, at (1.6, 0).
    np.testing.assert_allclose(samples[10].mean(axis=0), told.mean(dim=0).numpy(), atol=0.06)
    spreads = {tenths: x.std(axis=0).max() for tenths, x in samples.items()}
    assert spreads[40] < spreads[10] < 0.2 * spreads[0]
    assert set(guidance.plane.visible_layers()) >= {"score, no label", "score of the class", "guided score"}
    before = guidance.guided()
    plane.ask_again(lambda: plane.choose("diffusion.inside.guidance.label", "4"))
    assert np.abs(guidance.guided() - before).max() > 0.1


def test_the_sweeps_ask_for_what_they_name(plane, monkeypatch):
    assert not GuidanceSweepLens.fits({**plane.session.facts, "conditional": False})
    monkeypatch.setattr(SamplersLens, "values", (1, 2))
    monkeypatch.setattr(SamplersLens, "points", 60)
    monkeypatch.setattr("playground.gui.panels.base.sweep_lens.SEEDS", (1,))
    sweep = lens(plane, "Samplers")
    plane.wait(lambda: not sweep._left)
    calls = {key: numbers[1]["network_calls"] for key, numbers in sweep._found.items()}
    assert calls == {
        ("DDIM, η = 0", 0): 1, ("DDIM, η = 0", 1): 2, ("DDPM", 0): 1, ("DDPM", 1): 2, ("Heun", 0): 1, ("Heun", 1): 3,
    }  # fmt: skip
    np.testing.assert_array_equal(sweep._samples["DDIM, η = 0", 0], sweep._samples["Heun", 0])  # one step: the same


# -- feature maps ---------------------------------------------------------------------------------------------------


def test_the_channels_of_a_layer_are_those_of_the_call_of_the_step_on_show(digits):
    maps = lens(digits, "Feature maps")
    digits.find("diffusion.inside.maps.layer").set_control_value("middle 1")
    maps.scrubber.go_to(7)
    digits.settle()
    model, frame = registry.open_run("diffusion-digits").model, maps.frames[7]
    seen = {}
    hook = model.network.body.middle[0].register_forward_hook(lambda module, args, out: seen.update(maps=out))
    x, t = torch.from_numpy(frame["x"]), torch.tensor([int(frame["t"])])
    with torch.no_grad():
        model.network(model._inward(x), t, torch.tensor([[0]]))
    hook.remove()
    shown = maps.channels.images()
    scale = float(seen["maps"].abs().max())
    np.testing.assert_allclose(shown[:, 0] * scale / np.abs(shown).max(), seen["maps"][0].numpy(), atol=1e-4)
    np.testing.assert_allclose(maps.noise.images(), frame["noise"], atol=0.2)  # but for the clipping of x_0
    assert f"{len(shown)} channels of 4 × 4 numbers" in said(digits, "maps.says")


def test_a_network_that_is_told_a_wrong_time_predicts_other_noise_until_the_next_step(digits):
    maps = lens(digits, "Feature maps")
    maps.scrubber.go_to(12)
    digits.settle()
    assert maps.readings() == {"off": 0.0}
    maps.told.setValue(20)
    digits.settle()
    off = maps.readings()["off"]
    assert off > 0.2
    assert f"Told t = 20 instead of {maps.t}, it predicts noise that is off by {off:.0%}" in said(digits, "maps.says")
    maps.scrubber.go_to(13)
    digits.settle()
    assert maps.told.value() == maps.t
    assert maps.readings() == {"off": 0.0}


# -- the chain ------------------------------------------------------------------------------------------------------


def test_many_small_steps_are_as_near_to_one_jump_as_another_jump(plane):
    corrupt = lens(plane, "Corrupt")
    corrupt.time.setValue(600)
    corrupt.chain.setChecked(True)
    plane.settle()
    found = corrupt.readings()
    assert found["gap"] < 2 * found["floor"] < 0.2
    assert f"100 steps give clouds that are {found['gap']:.3f} apart" in said(plane, "corrupt.words")
    assert "step by step" in corrupt.plane.visible_layers()
    corrupt.chain.setChecked(False)
    plane.settle()
    assert corrupt.readings() == {}
    assert "step by step" not in corrupt.plane.visible_layers()
