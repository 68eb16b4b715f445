"""One sample under the hand: what it is most like, kept beside others, copied, and sent to another panel."""

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from playground.gui.kept import MOST, alike
from playground.gui.panels.base.shelf import Example, to_qimage
from tests.gui.driving import LEFT


@pytest.fixture
def gan(open_window, tiny_run):
    """The Sample view of a small run, with a click on its fourth sample."""
    person = open_window(tiny_run("gan", "digits", conditional=True))
    person.show_view("Sample")
    click(person, 3)
    return person


def click(person, index):
    grid = person.view.stage.images
    place = grid.tile_rect(index).center().toPoint()
    person.ask_again(lambda: person.qtbot.mouseClick(grid, LEFT, pos=place))


def test_a_click_shows_the_nearest_training_images(gan):
    shelf = gan.view.shelf
    shown = shelf.pictures.images()
    np.testing.assert_array_equal(shown[0], gan.view.stage.images.images()[3].clip(0, 1))
    away = [float(words) for words in shelf.pictures._captions[1:]]
    measured = [float(np.linalg.norm(x - shown[0])) for x in shown[1:]]
    assert away == pytest.approx(measured, abs=0.006)
    assert away == sorted(away)
    assert f"{away[0]:.2f} away" in shelf.words.text()
    gan.press("gan.sample.shelf.close")
    assert shelf.isHidden()


def test_every_sample_stands_beside_its_nearest_training_image(gan):
    grid = gan.view.stage.images
    samples = grid.images()
    gan.ask_again(lambda: gan.press("gan.sample.shelf.each"))
    gan.settle()
    shown = grid.images()
    assert len(shown) == 30
    np.testing.assert_array_equal(shown[::2], samples[:15])
    written = [float(words) for words in grid._captions[1::2]]
    away = [float(np.linalg.norm(a - b)) for a, b in zip(shown[::2], shown[1::2], strict=True)]
    assert written == pytest.approx(away, abs=0.006)
    click(gan, 9)
    assert gan.view.shelf.example.words.endswith("#4")
    gan.press("gan.sample.shelf.each")
    np.testing.assert_array_equal(grid.images(), samples)


def test_samples_are_kept_beside_each_other_copied_and_removed(gan):
    gan.press("gan.sample.shelf.keep")
    click(gan, 5)
    gan.press("gan.sample.shelf.keep")
    kept = gan.window.kept
    assert [example.words.split(", ")[-1] for example in kept.examples] == ["#3", "#5"]
    assert kept.isVisible()
    gan.press("kept.copy")
    copied = QGuiApplication.clipboard().image()
    assert copied.width() % 8 == 0
    assert copied.width() >= 280
    lower = to_qimage(kept.examples[1].x).pixelColor(4, 4)
    assert copied.pixelColor(round(4.5 * copied.width() / 8), round(4.5 * copied.width() / 8)) == lower
    gan.press("kept.remove")
    assert [example.words.split(", ")[-1] for example in kept.examples] == ["#3"]
    gan.press("kept.clear")
    assert kept.isHidden()


def test_a_sample_is_sent_to_every_panel_that_has_a_use_for_it(gan):
    sample = gan.view.shelf.example.x.clip(0, 1)
    gan.press("gan.sample.shelf.keep")

    gan.choose("gan.sample.shelf.send", "VAE: encode it")
    gan.settle()
    assert (gan.panel.family, gan.session.experiment.data, gan.view.title) == ("vae", "digits", "Latent")
    np.testing.assert_allclose(gan.view.code.example, sample, atol=1e-6)
    assert gan.view.code.z.any()

    gan.choose("kept.send", "Recognition: label it")
    gan.settle()
    grid = gan.view.images
    np.testing.assert_allclose(grid.images()[0].clip(0, 1), sample, atol=1e-6)
    assert grid._captions[0].startswith("sent: ")
    assert not grid._captions[1].startswith("sent: ")
    assert "held-out images are labelled right" in gan.view.words.text()

    gan.choose("kept.send", "Diffusion: corrupt it")
    gan.settle()
    np.testing.assert_allclose(gan.view.lens.clean.images()[0], sample, atol=1e-6)
    assert len(gan.view.lens.corrupted.images()) == 18

    gan.show_view("Sample")
    view = gan.view
    gan.ask_again(lambda: view._images.all.denoised.image_clicked.emit(2))
    np.testing.assert_array_equal(view.shelf.pictures.images()[0], view._images.all.denoised.images()[2])

    gan.choose("kept.send", "Autoregressive: complete its half")
    gan.settle()
    lens = gan.view.lens
    assert lens.given.currentText() == "half of the sent image"
    top = sample.shape[1] // 2
    np.testing.assert_allclose(lens.frames[-1]["x"][0, :, :top], sample[:, :top], atol=1 / 32 + 1e-6)  # 17 levels


def test_a_panel_says_why_it_cannot_take_an_image(gan):
    gan.window.send(Example(np.zeros((1, 3, 3), np.float32), "digits", "from nowhere"), "vae")
    gan.settle()
    assert "another size" in gan.panel.messages.text()


def test_images_of_several_sizes_stand_side_by_side():
    small, large = np.full((1, 2, 2), 0.5, np.float32), np.ones((3, 5, 5), np.float32)
    both = alike([small, large])
    assert both.shape == (2, 3, 5, 5)
    assert both[0, :, :4, :4].min() == 0.5  # each pixel twice as large
    assert both[0].sum() == pytest.approx(3 * 16 * 0.5)
    assert MOST >= 2
