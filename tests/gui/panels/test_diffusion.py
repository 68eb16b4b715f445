"""Diffusion in the window: the reverse process step by step, the corruption in one jump."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.session import TrainingSession
from playground.models.diffusion import Denoiser
from tests.gui.driving import opened_window


@pytest.fixture(scope="module")
def digits(qapp, request):
    """The bundled run on real digits; tests share it, and ask without opening or training anything."""
    with opened_window(QtBot(request), "diffusion-digits") as person:
        person.show_view("Sample")
        person.press("diffusion.sample.sampler.more")
        yield person


@pytest.fixture
def sampling(digits):
    """The Sample view as it opens: 25 DDIM steps, each label in turn, seed 0."""
    digits.show_view("Sample")
    back_to_defaults(digits)
    return digits


@pytest.fixture
def calls(monkeypatch):
    """Counts calls of the network, and questions to the worker."""
    counted = {"network": 0, "questions": 0}
    forward, ask = Denoiser.forward, TrainingSession.ask

    def counting_forward(self, *arguments):
        counted["network"] += 1
        return forward(self, *arguments)

    def counting_ask(self, query):
        counted["questions"] += 1
        return ask(self, query)

    monkeypatch.setattr(Denoiser, "forward", counting_forward)
    monkeypatch.setattr(TrainingSession, "ask", counting_ask)
    return counted


def back_to_defaults(person):
    form = person.view.form
    wanted = {"sampler": "ddim", "steps": 25, "eta": 0.0, "guidance": 1.0, "seed": 0, "label": "each in turn"}
    shown = {**form.settings(), "seed": form.seed(), "label": person.find("diffusion.sample.label").currentText()}
    for name, value in wanted.items():
        if shown[name] != value:
            person.ask_again(lambda name=name, value=value: edit(person, name, value))


def edit(person, name, value):
    """Changes one of the sampler's settings through its control."""
    own = name in ("seed", "label")
    control = f"diffusion.sample.{name}" if own else f"diffusion.sample.sampler.{name}"
    (person.choose if isinstance(value, str) else person.type)(control, f"{value}")


def pictures(person):
    """What the three grids show: x_t, predicted noise, predicted x_0."""
    return [person.find(f"diffusion.sample.{name}").images().copy() for name in ("x_t", "noise", "denoised")]


def samples(person):
    """The finished samples on show."""
    return pictures(person)[0]


def same(a, b):
    return all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


# -- the reverse process --------------------------------------------------------------------------------------------


def test_25_steps_forward_and_25_back_show_the_same_frames_without_a_call(sampling, calls):
    sampling.press("diffusion.sample.first")
    forward = [pictures(sampling)]
    for _ in range(25):
        sampling.press("diffusion.sample.forward")
        forward.append(pictures(sampling))
    assert not sampling.find("diffusion.sample.forward").isEnabled()
    assert not any(np.array_equal(a[0], b[0]) for a, b in pairwise(forward))
    back = [pictures(sampling)]
    for _ in range(25):
        sampling.press("diffusion.sample.back")
        back.append(pictures(sampling))
    assert all(same(a, b) for a, b in zip(forward, reversed(back), strict=True))
    assert calls == {"network": 0, "questions": 0}


def test_another_sampling_calls_the_network_once_a_step(sampling, calls):
    sampling.ask_again(lambda: edit(sampling, "steps", 10))
    assert calls["network"] == 10
    assert len(sampling.view.frames) == 11


def test_the_terms_on_show_recombine(sampling):
    frames = sampling.view.frames
    assert len(frames) == 26
    for frame, after in pairwise(frames):
        np.testing.assert_allclose(frame["mean"] + frame["added"], after["x"], atol=1e-5)
        inward = 2 * frame["x"] - 1, 2 * frame["denoised"] - 1
        np.testing.assert_allclose(frame["signal"] * inward[1] + frame["sigma"] * frame["noise"], inward[0], atol=1e-5)


def test_the_caption_counts_the_steps_and_names_the_time(sampling):
    sampling.press("diffusion.sample.first")
    caption = sampling.find("diffusion.sample.caption")
    assert caption.text().startswith("step 0 of 25   t = 999")
    sampling.press("diffusion.sample.last")
    assert "finished" in caption.text()


@pytest.mark.parametrize(
    ("name", "value"),
    [("sampler", "ddpm"), ("eta", 0.5), ("steps", 12), ("label", "3"), ("guidance", 3.0), ("seed", 4)],
)
def test_each_control_asks_again_and_changes_the_samples(sampling, name, value):
    before = samples(sampling)
    sampling.ask_again(lambda: edit(sampling, name, value))
    after = samples(sampling)
    assert after.shape == before.shape
    assert np.abs(after - before).mean() > 0.001


def test_new_noise_takes_the_next_seed(sampling):
    before = samples(sampling)
    sampling.ask_again(lambda: sampling.press("diffusion.sample.again"))
    assert sampling.find("diffusion.sample.seed").value() == 1
    assert not np.array_equal(samples(sampling), before)


def test_the_same_seed_gives_the_same_frames_again(sampling):
    before = [frame["x"] for frame in sampling.view.frames]
    sampling.ask_again(lambda: edit(sampling, "seed", 11))
    sampling.ask_again(lambda: edit(sampling, "seed", 0))
    assert same(before, [frame["x"] for frame in sampling.view.frames])


def test_asked_for_sevens_it_draws_sevens(sampling):
    sampling.ask_again(lambda: edit(sampling, "label", "7"))
    shown = samples(sampling)
    judge = registry.open_run("classifier-digits").model
    labels = judge.recognise(torch.from_numpy(shown))["label"][:, 0]
    assert len(labels) >= 10
    assert (labels == 7).float().mean() >= 0.8


def test_the_film_jumps_to_the_step_that_is_clicked(sampling, calls):
    strip = sampling.find("diffusion.sample.strip")
    sampling.qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.frame_rect(0, 0).center().toPoint())
    assert sampling.view.scrubber.position() == 0
    assert np.array_equal(samples(sampling), sampling.view.frames[0]["x"].clip(0, 1))
    assert calls == {"network": 0, "questions": 0}


def test_the_shortcuts_step_through_the_frames(sampling):
    sampling.press("diffusion.sample.last")
    position = sampling.view.scrubber.position
    at = position()
    sampling.window.actions_by_id["sampler.back"].trigger()
    assert position() == at - 1
    sampling.window.actions_by_id["sampler.forward"].trigger()
    assert position() == at


# -- by hand --------------------------------------------------------------------------------------------------------


@pytest.fixture
def painting(sampling):
    """DDPM, so that there is noise to be the same; one step of one sample is on show."""
    sampling.ask_again(lambda: edit(sampling, "sampler", "ddpm"))
    sampling.show_tool("diffusion.sample.page", "One step")
    sampling.view.scrubber._slider.setValue(15)
    yield sampling
    sampling.show_tool("diffusion.sample.page", "All samples")


def one(person, name):
    """The picture of one quantity of the first sample."""
    return person.find(f"diffusion.sample.one.{name}").images()[0]


def test_the_terms_of_a_step_that_are_drawn_make_the_next_state(painting):
    added = one(painting, "added") / 2  # drawn twice as strong
    np.testing.assert_allclose(one(painting, "mean") + added, one(painting, "next"), atol=1e-5)
    assert np.abs(added).max() > 0.01
    painting.press("diffusion.sample.forward")
    shown = painting.find("diffusion.sample.brush").image()
    np.testing.assert_allclose(shown, painting.view.frames[16]["x"][0], atol=0)
    assert any(words.startswith("Posterior mean + added noise") for words in painting.texts())


def test_a_painted_state_goes_on_with_the_same_noise_and_can_be_taken_back(painting, calls):
    before = list(painting.view.frames)
    brush = painting.find("diffusion.sample.brush")
    assert painting.view.as_sampled.isHidden()

    def paint():
        for row in range(8):
            pos = brush.pixel_rect(row, 1).center().toPoint()
            painting.qtbot.mousePress(brush, Qt.MouseButton.LeftButton, pos=pos) if row == 0 else None
            painting.qtbot.mouseMove(brush, pos)
        painting.qtbot.mouseRelease(brush, Qt.MouseButton.LeftButton, pos=pos)

    painting.ask_again(paint)
    after = painting.view.frames
    assert calls["network"] == 10  # of 25, from state 15 on
    assert painting.view.scrubber.position() == 15
    assert (after[15]["x"][0, 0, :, 1] == 1.0).all()
    assert all(same([a["x"]], [b["x"]]) for a, b in zip(after[:15], before[:15], strict=True))
    for mine, was in zip(after[15:], before[15:], strict=True):  # the others never notice
        np.testing.assert_allclose(mine["x"][1:], was["x"][1:], atol=1e-5)
    assert np.abs(after[-1]["x"][0] - before[-1]["x"][0]).max() > 0.05
    for frame, then in pairwise(after[15:]):
        np.testing.assert_allclose(frame["mean"] + frame["added"], then["x"], atol=1e-5)
    np.testing.assert_array_equal(one(painting, "end"), after[-1]["x"][0])
    np.testing.assert_array_equal(one(painting, "unedited"), before[-1]["x"][0])
    painting.press("diffusion.sample.back")
    assert any("changed it by hand" in words for words in painting.texts())

    painting.press("diffusion.sample.as_sampled")
    assert same([frame["x"] for frame in painting.view.frames], [frame["x"] for frame in before])
    assert painting.view.as_sampled.isHidden()


# -- corruption -----------------------------------------------------------------------------------------------------


@pytest.fixture
def inside(digits):
    digits.show_view("Inside")
    return digits


def test_time_goes_from_the_clean_image_to_noise_and_the_markers_follow(inside):
    time = inside.find("diffusion.inside.corrupt.time")
    clean, noise, corrupted = (
        inside.find(f"diffusion.inside.corrupt.{name}") for name in ("clean", "noise", "corrupted")
    )
    curves = [inside.find(f"diffusion.inside.corrupt.{name}") for name in ("levels", "snr")]

    inside.ask_again(lambda: inside.qtbot.keyClick(time, Qt.Key.Key_Home))
    assert time.value() == 0
    assert np.abs(corrupted.images() - clean.images()).mean() < 0.02
    assert [curve.marker() for curve in curves] == [0, 0]

    inside.ask_again(lambda: inside.qtbot.keyClick(time, Qt.Key.Key_End))
    assert time.value() == 999
    as_picture = (noise.images() / 2 + 0.5).clip(0, 1)
    assert np.abs(corrupted.images() - as_picture).mean() < 0.02
    assert np.abs(corrupted.images() - clean.images()).mean() > 0.2
    assert [curve.marker() for curve in curves] == [999, 999]
    assert any(words.startswith("t = 999:") for words in inside.texts())


def test_the_marker_can_be_moved_instead_of_the_slider(inside):
    time, snr = inside.find("diffusion.inside.corrupt.time"), inside.find("diffusion.inside.corrupt.snr")
    inside.ask_again(lambda: inside.qtbot.keyClick(time, Qt.Key.Key_Home))
    inside.ask_again(lambda: inside.qtbot.keyClick(snr, Qt.Key.Key_Right))
    assert time.value() == pytest.approx(10, abs=1)
    assert inside.find("diffusion.inside.corrupt.levels").marker() == time.value()


def test_another_example_corrupts_other_images(inside):
    before = inside.find("diffusion.inside.corrupt.clean").images().copy()
    inside.ask_again(lambda: inside.press("diffusion.inside.corrupt.another"))
    after = inside.find("diffusion.inside.corrupt.clean").images()
    assert after.shape == before.shape
    assert not np.array_equal(after, before)


# -- in the plane ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plane(qapp, request):
    with opened_window(QtBot(request), "diffusion-eight-gaussians") as person:
        person.show_view("Sample")
        yield person


def test_points_their_ways_and_both_scores_are_on_show(plane):
    layers = plane.find("diffusion.sample.plane").visible_layers()
    assert set(layers) == {"real data", "samples", "paths", "learned score", "exact score", "exact density"}


def test_the_learned_score_follows_the_exact_one(plane):
    for _ in range(8):
        plane.press("diffusion.sample.back")
    plane.settle()
    fields = plane.find("diffusion.sample.plane")._arrows
    learned, exact = fields["learned score"][1], fields["exact score"][1]
    cosine = (learned * exact).sum() / np.linalg.norm(learned) / np.linalg.norm(exact)
    assert cosine > 0.9


def test_the_exact_density_and_the_first_sample_follow_the_step(plane):
    view = plane.find("diffusion.sample.plane")
    outlines = {}
    for step in (2, 22):
        plane.view.scrubber._slider.setValue(step)
        plane.settle()
        np.testing.assert_allclose(view.handle(), plane.view.frames[step]["x"][0], atol=1e-6)
        outlines[step] = np.hypot(*view._layers["exact density"].item.getData())
    assert np.ptp(outlines[2]) > 0
    # At first all is one round cloud; in the end each mode has its own outline, on the ring of radius 1.6.
    assert outlines[22].min() > 0.9 > outlines[2][outlines[2] > 0].mean() / 2.5
    assert np.abs(outlines[22] - 1.6).max() < 0.6


def test_a_point_can_be_dragged_and_goes_on_from_there(plane):
    plane.view.scrubber._slider.setValue(14)
    plane.settle()
    view, before = plane.find("diffusion.sample.plane"), [frame["x"] for frame in plane.view.frames]
    view.setFocus()
    for _ in range(3):
        plane.ask_again(lambda: plane.qtbot.keyClick(view, Qt.Key.Key_Left))
    after = [frame["x"] for frame in plane.view.frames]
    assert after[14][0, 0] == pytest.approx(before[14][0, 0] - 0.06 * 2 * plane.view.facts["extent"], abs=1e-4)
    np.testing.assert_allclose(after[-1][1:], before[-1][1:], atol=1e-5)
    assert np.abs(after[-1][0] - before[-1][0]).max() > 0.01
    plane.press("diffusion.sample.as_sampled")
    np.testing.assert_array_equal(plane.view.frames[-1]["x"], before[-1])


def test_at_the_first_step_there_is_no_way_yet(plane):
    plane.press("diffusion.sample.first")
    plane.settle()
    assert "paths" not in plane.find("diffusion.sample.plane").visible_layers()


def test_corruption_in_the_plane_shows_both_clouds(plane):
    plane.show_view("Inside")
    assert plane.find("diffusion.inside.corrupt.plane").visible_layers() == ["real data", "corrupted"]


# -- on the line ----------------------------------------------------------------------------------------------------


def test_on_the_line_numbers_stand_over_and_under_it(open_window, tiny_run):
    person = open_window(tiny_run("diffusion", "bumps"))
    assert [person.panel.tabs.tabText(i) for i in range(3) if person.panel.tabs.isTabVisible(i)] == ["Train", "Inside"]
    points = person.find("diffusion.train.points")
    assert points.visible_layers() == ["real data", "exact density", "samples"]
    height = {name: layer.item.getData()[1] for name, layer in points._layers.items()}
    assert height["real data"].min() > 0 > height["samples"].max()
    person.show_view("Inside")
    assert person.find("diffusion.inside.corrupt.plane").visible_layers() == ["real data", "corrupted"]


def test_space_before_the_model_is_there_goes_to_the_view_that_plays(digits, monkeypatch):
    digits.show_view("Train")
    monkeypatch.setattr(digits.session, "facts", {})
    digits.panel.play()
    assert digits.panel.tabs.tabText(digits.panel.tabs.currentIndex()) == "Sample"
    digits.panel.stepper().pause()
