"""The latent lab, used by hand on tiny runs of families with and without an encoder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from playground import registry, runs
from playground.core.experiment import Budget
from playground.core.random import stream
from playground.evaluation.latent import LatentLab
from playground.gui.panels.base.latent.codes import WAYS, grid
from playground.gui.panels.base.latent.map import SIDE
from playground.gui.panels.base.latent.walk import FILM, MOVIE
from playground.gui.widgets import controls
from tests.gui.driving import LEFT, opened_window
from tests.helpers import tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Tiny runs by family and data, trained once."""
    folder = tmp_path_factory.mktemp("runs")

    def run(model, data, name="", **settings):
        path = folder / f"{model}-{data}{name}"
        if not path.exists():
            runs.train(runs.start(tiny(model, data, **settings), path), Budget("steps", 40))
        return str(path)

    return run


@pytest.fixture(scope="module")
def vae_window(qapp, request, made):
    """A tiny VAE of digits with three numbers in its code; tests share it."""
    with opened_window(QtBot(request), made("vae", "digits", latent_dim=3)) as person:
        yield person


@pytest.fixture
def vae(vae_window):
    """Its latent view, at the middle of the prior."""
    vae_window.show_view("Latent")
    vae_window.show_tool("vae.latent.tools", "Sliders")
    vae_window.ask_again(lambda: vae_window.press("vae.latent.z.reset"))
    yield vae_window
    vae_window.window.undo.settle()  # it waits for a hand to rest


@pytest.fixture
def model(made):
    return registry.open_run(made("vae", "digits")).model


def decoded(person):
    return person.find(f"{person.panel.family}.latent.decoded").images()[0].copy()


def z(person):
    return person.view.code.z.copy()


def tool(person, title):
    person.show_tool(f"{person.panel.family}.latent.tools", title)


def drag(person, widget, *places):
    """Presses at the first place, moves over the others, lets go."""
    person.qtbot.mousePress(widget, LEFT, pos=places[0].toPoint())
    for place in places[1:]:
        person.qtbot.mouseMove(widget, place.toPoint())
    person.qtbot.mouseRelease(widget, LEFT, pos=places[-1].toPoint())


# -- sliders ----------------------------------------------------------------------------------------------------------


def test_sliders_name_the_factor_that_they_explain_best(open_window, made):
    settings = {"conditional": True, "data__size": 16, "data__count": 200}
    person = open_window(made("vae", "shapes", **settings))
    run = registry.open_run(person.session.folder)
    *_, truth = LatentLab(run.dataset).directions(
        run.model, "axes", stream(0, "sampling"), torch.zeros(1, 2, dtype=torch.int64)
    )
    names = ["shape", "colour", "size", "x", "y", "rotation", "background"]
    sliders = person.find("vae.latent.z")
    for place in range(min(5, len(truth.x))):
        best = int(truth.views["r2"][place].argmax())
        words = f"{names[best]} R² {truth.views['r2'][place, best]:.2f}"
        assert any(label.text().endswith(words) for label in sliders.findChildren(QLabel)), words
    assert truth.views["r2"].max() > 0.1
    tip = person.find("vae.latent.z.0").toolTip()
    assert "of held-out examples" in tip


def test_principal_directions_leave_the_code_where_it_is(vae, model):
    vae.ask_again(lambda: vae.press("vae.latent.z.random"))
    before, picture = z(vae), decoded(vae)
    vae.ask_again(lambda: vae.choose("vae.latent.basis", "principal directions"))
    np.testing.assert_allclose(decoded(vae), picture, atol=1e-6)
    assert [words for words in vae.texts() if words.startswith("p₁")]
    test = vae.session.facts["test"]
    codes = model.encode(torch.from_numpy(test)).numpy()
    strongest = np.linalg.eigh(np.cov(codes.T))[1][:, -1]
    directions = vae.view.code.directions
    assert abs(directions[:, 0] @ strongest) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(directions @ vae.find("vae.latent.z").values(), before, atol=1e-5)
    slider = vae.find("vae.latent.z.0")
    slider.setValue(0)
    amount = vae.view.code.amounts()[0]
    vae.ask_again(lambda: vae.qtbot.keyClick(slider, Qt.Key.Key_Right))
    assert vae.view.code.amounts()[0] == pytest.approx(amount + 0.1, abs=1e-4)
    vae.ask_again(lambda: vae.choose("vae.latent.basis", "axes of z"))


def test_a_code_that_the_prior_hardly_draws_is_warned_of(vae):
    words = vae.find("vae.latent.length")
    assert words.text() == "|z| = 0.0; nine in ten draws: 0.6 to 2.8"
    for place in range(3):
        vae.ask_again(lambda place=place: vae.find(f"vae.latent.z.{place}").setValue(300))
    assert words.text() == "⚠ |z| = 5.2, very unlikely; nine in ten draws: 0.6 to 2.8"


# -- map --------------------------------------------------------------------------------------------------------------


def test_a_drag_on_the_map_moves_two_numbers_and_leaves_the_third(vae):
    vae.ask_again(lambda: vae.press("vae.latent.z.random"))
    tool(vae, "Map")
    before, pad = vae.view.code.amounts(), vae.find("vae.latent.map.pad")
    assert vae.find("vae.latent.map.across").currentIndex() == 0
    assert vae.find("vae.latent.map.up").currentIndex() == 1
    vae.ask_again(lambda: drag(vae, pad, pad.position((0, 0)), pad.position((1, 0)), pad.position((1.5, -2))))
    after = vae.view.code.amounts()
    np.testing.assert_allclose(after[:2], (1.5, -2), atol=0.05)
    assert after[2] == pytest.approx(before[2], abs=1e-5)
    vae.ask_again(lambda: vae.qtbot.keyClick(pad, Qt.Key.Key_Up))
    assert vae.view.code.amounts()[1] == pytest.approx(after[1] + 0.1, abs=1e-4)
    code = torch.from_numpy(z(vae)[None])
    truth = registry.open_run(vae.session.folder).model.decode(code)[0].numpy()
    np.testing.assert_allclose(decoded(vae), truth, atol=1e-5)


def test_the_map_shows_real_codes_by_label_and_how_sure_the_encoder_is_of_one(vae, model):
    tool(vae, "Examples")
    grid_of_examples = vae.find("vae.latent.examples.grid")
    place = grid_of_examples.tile_rect(5).center().toPoint()
    vae.ask_again(lambda: vae.qtbot.mouseClick(grid_of_examples, LEFT, pos=place))
    tool(vae, "Map")
    facts, pad = vae.session.facts, vae.find("vae.latent.map.pad")
    q = model.posterior(torch.from_numpy(facts["test"][:40]))
    columns = vae.view.code.directions[:, :2]
    np.testing.assert_allclose(pad._points[:40], q["mean"].numpy() @ columns, atol=1e-4)
    assert [mark for mark, _ in pad._marks[:40]] == [str(label) for label in facts["test_labels"][:40, 0]]
    mean, axes = pad._ellipse
    np.testing.assert_allclose(mean, q["mean"][5].numpy() @ columns, atol=1e-4)
    covariance = columns.T @ np.diag(q["std"][5].numpy() ** 2) @ columns
    np.testing.assert_allclose(axes @ axes.T, covariance, atol=1e-5)


def test_the_decoded_grid_is_the_prior_and_a_click_goes_there(vae, model):
    tool(vae, "Map")
    vae.ask_again(lambda: vae.choose("vae.latent.map.show", "decoded grid"))
    tiles = vae.find("vae.latent.map.grid")
    codes = grid(z(vae), vae.view.code.directions[:, :2], SIDE)
    np.testing.assert_allclose(tiles.images(), model.decode(torch.from_numpy(codes)).clip(0, 1), atol=1e-5)
    place = tiles.tile_rect(SIDE - 1).center().toPoint()  # the top right one
    vae.ask_again(lambda: vae.qtbot.mouseClick(tiles, LEFT, pos=place))
    np.testing.assert_allclose(z(vae), codes[SIDE - 1], atol=1e-5)
    vae.ask_again(lambda: vae.choose("vae.latent.map.up", "z₃"))
    codes = grid(z(vae), vae.view.code.directions[:, [0, 2]], SIDE)
    np.testing.assert_allclose(tiles.images(), model.decode(torch.from_numpy(codes)).clip(0, 1), atol=1e-5)
    vae.choose("vae.latent.map.show", "codes")
    vae.choose("vae.latent.map.up", "z₂")


def test_the_grid_waits_until_the_slider_is_let_go(vae):
    tool(vae, "Map")
    vae.ask_again(lambda: vae.choose("vae.latent.map.show", "decoded grid"))
    asked = []
    vae.session.answered.connect(lambda answer: asked.append(answer.query.channel))
    before = vae.find("vae.latent.map.grid").images().copy()
    vae.view.code.set_z(z(vae) + 1)  # as while a hand still drags
    vae.settle()
    assert asked == ["vae.latent/decode"]
    vae.ask_again(vae.view.code.released.emit)
    assert not np.array_equal(vae.find("vae.latent.map.grid").images(), before)
    vae.choose("vae.latent.map.show", "codes")


# -- walk -------------------------------------------------------------------------------------------------------------


def test_the_walk_is_written_as_a_gif_that_opens(vae, model, tmp_path, monkeypatch):
    tool(vae, "Walk")
    film = vae.find("vae.latent.film")
    start, end = vae.view.tools[3]._ends
    assert film.frame_count() == FILM
    vae.ask_again(lambda: vae.choose("vae.latent.walk.way", "on the sphere"))
    vae.ask_again(lambda: vae.qtbot.mouseClick(film, LEFT, pos=film.frame_rect(0, 4).center().toPoint()))
    np.testing.assert_allclose(z(vae), WAYS["on the sphere"](start, end, FILM)[4], atol=1e-5)
    file = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    vae.ask_again(lambda: vae.press("vae.latent.walk.save"))
    assert f"Wrote {file}." in vae.texts()
    with Image.open(file) as movie:
        assert movie.n_frames == 2 * MOVIE - 2
        assert min(movie.size) > 250
        first = np.asarray(movie.convert("L"), dtype=float) / 255
    shown = model.decode(torch.from_numpy(start[None]))[0, 0].numpy()
    side = len(first) // 8
    pixels = first[side // 2 :: side, side // 2 :: side][:8, :8]
    assert np.abs(pixels - shown).mean() < 0.05
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file / "inside" / "a.gif"), ""))
    vae.ask_again(lambda: vae.press("vae.latent.walk.save"))
    assert any("cannot be written" in words and "another place" in words for words in vae.texts())
    vae.choose("vae.latent.walk.way", "straight")


# -- attributes -------------------------------------------------------------------------------------------------------


def test_an_attribute_is_added_to_the_code(vae, model):
    vae.ask_again(lambda: vae.press("vae.latent.z.random"))
    before = z(vae)
    tool(vae, "Attributes")
    vae.choose("vae.latent.attributes.less", "digit 1")
    vae.choose("vae.latent.attributes.more_of", "digit 0")
    strength = vae.find("vae.latent.attributes.strength")
    vae.ask_again(lambda: strength.setValue(150))
    facts = vae.session.facts
    codes, labels = model.encode(torch.from_numpy(facts["test"])).numpy(), facts["test_labels"][:, 0]
    step = codes[labels == 0].mean(axis=0) - codes[labels == 1].mean(axis=0)
    np.testing.assert_allclose(z(vae), before + 1.5 * step, atol=1e-4)
    vae.ask_again(lambda: strength.setValue(0))
    np.testing.assert_allclose(z(vae), before, atol=1e-5)
    vae.ask_again(lambda: strength.setValue(100))
    value, after = controls.value(strength), z(vae)
    tool(vae, "Sliders")
    vae.ask_again(lambda: vae.qtbot.keyClick(vae.find("vae.latent.z.0"), Qt.Key.Key_Right))
    assert strength.value() == 0  # the sum begins anew at another code
    vae.ask_again(
        lambda: vae.find("vae.latent.z").set_control_value([float(a) for a in after @ vae.view.code.directions])
    )
    controls.set_value(strength, value)  # as a document brings both back
    np.testing.assert_allclose(z(vae), after, atol=1e-5)
    vae.ask_again(lambda: strength.setValue(0))
    np.testing.assert_allclose(z(vae), before, atol=1e-4)


# -- one's own picture ------------------------------------------------------------------------------------------------


def drop(widget, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(9, 9), action, data, LEFT, none))
    QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), action, data, LEFT, none))


def test_a_drawing_is_encoded_and_edited_by_its_code(vae, model):
    tool(vae, "Draw")
    canvas = vae.find("vae.latent.own.canvas")
    vae.press("vae.latent.own.clear")
    vae.ask_again(lambda: drag(vae, canvas, canvas.pixel_position(4, 1), canvas.pixel_position(4, 7)))
    drawn = canvas.image()
    assert drawn.shape == (1, 8, 8)
    assert drawn[0, 1:7, 4].min() > 0.8
    code = model.encode(torch.from_numpy(drawn[None]))
    np.testing.assert_allclose(z(vae), code[0], atol=1e-4)
    np.testing.assert_allclose(decoded(vae), model.decode(code)[0], atol=1e-4)
    pad, q = vae.find("vae.latent.own.pad"), model.posterior(torch.from_numpy(drawn[None]))
    middle, axes = pad._ellipse  # of the drawing's code, along the two strongest directions
    columns = vae.view.code.directions[:, :2]
    np.testing.assert_allclose(middle, q["mean"][0] @ columns, atol=1e-4)
    np.testing.assert_allclose(axes @ axes.T, columns.T @ np.diag(q["std"][0] ** 2) @ columns, atol=1e-4)
    tool(vae, "Sliders")
    rebuilt = decoded(vae)
    vae.ask_again(lambda: vae.qtbot.keyClick(vae.find("vae.latent.z.0"), Qt.Key.Key_PageUp))
    assert not np.array_equal(decoded(vae), rebuilt)


def test_a_dropped_picture_is_encoded_and_a_bad_one_changes_nothing(vae, model, tmp_path):
    tool(vae, "Draw")
    canvas = vae.find("vae.latent.own.canvas")
    example = vae.session.facts["test"][3, 0]
    picture = Image.fromarray((255 - example.repeat(30, axis=0).repeat(30, axis=1) * 255).round().astype(np.uint8))
    picture.save(tmp_path / "digit.png")
    vae.ask_again(lambda: drop(canvas, tmp_path / "digit.png"))
    np.testing.assert_allclose(canvas.image()[0], 1 - example, atol=0.01)
    vae.ask_again(lambda: vae.press("vae.latent.own.invert"))
    np.testing.assert_allclose(canvas.image()[0], example, atol=0.01)
    np.testing.assert_allclose(z(vae), model.encode(torch.from_numpy(canvas.image()[None]))[0], atol=1e-4)
    before = z(vae)
    (tmp_path / "bad.png").write_text("no picture")
    drop(canvas, tmp_path / "bad.png")
    assert any("bad.png was not opened: it is unreadable" in words for words in vae.texts())
    np.testing.assert_array_equal(z(vae), before)


# -- without an encoder ------------------------------------------------------------------------------------------------


def visible_tools(person):
    bar = person.find(f"{person.panel.family}.latent.tools")
    return [bar.tabText(index) for index in range(bar.count()) if bar.isTabVisible(index)]


@pytest.mark.parametrize("family", ["gan", "stylegan"])
def test_without_an_encoder_the_classifier_judges_and_nothing_is_encoded(open_window, made, family):
    person = open_window(made(family, "digits", conditional=False))
    person.show_view("Latent")
    assert visible_tools(person) == ["Sliders", "Map", "Examples", "Walk", "Attributes", "Other run"]
    run = registry.open_run(person.session.folder)
    lab = LatentLab(run.dataset)
    *_, truth = lab.directions(run.model, "axes", stream(0, "sampling"), None)
    assert bool(truth.views["judged"])
    tip = person.find(f"{family}.latent.z.0").toolTip()
    assert f"{truth.views['share'][0]:.0%} of the change" in tip
    assert f"{truth.views['r2'][0, 0]:.2f}" in tip or "classifier reads it" in tip
    person.ask_again(lambda: person.find(f"{family}.latent.z.0").setValue(200))
    assert z(person)[truth.x[:, 0].argmax()] == pytest.approx(2)
    np.testing.assert_allclose(decoded(person), run.model.decode(torch.from_numpy(z(person)[None]))[0], atol=1e-5)

    tool(person, "Examples")
    tiles = person.find(f"{family}.latent.examples.grid")
    third = tiles.images()[2].copy()
    place = tiles.tile_rect(2).center().toPoint()
    person.ask_again(lambda: person.qtbot.mouseClick(tiles, LEFT, pos=place))
    np.testing.assert_allclose(decoded(person), third, atol=1e-5)

    tool(person, "Attributes")
    *_, means = lab.attributes(run.model, stream(0, "sampling"))
    seen = np.flatnonzero(means.views["count"].numpy() > 0)
    less, more = int(seen[0]), int(seen[-1])
    assert any("the project's classifier saw" in words for words in person.texts())
    if less != more:
        before = z(person)
        for name, value in (("less", less), ("more_of", more)):
            box = person.find(f"{family}.latent.attributes.{name}")
            if box.currentIndex() != value:
                person.choose(f"{family}.latent.attributes.{name}", f"digit {value}")
        person.ask_again(lambda: person.find(f"{family}.latent.attributes.strength").setValue(100))
        np.testing.assert_allclose(z(person) - before, means.x[more] - means.x[less], atol=1e-4)

    tool(person, "Walk")
    assert person.find(f"{family}.latent.film").frame_count() == FILM


# -- another run ------------------------------------------------------------------------------------------------------


def test_the_same_code_is_decoded_by_another_run_and_its_worker_ends_with_the_choice(open_window):
    person = open_window("vae-digits")
    tool(person, "Other run")
    box = person.find("vae.latent.other.run")
    names = [box.itemText(row) for row in range(box.count())]
    assert "vae-digits-conditional" in names
    assert "vae-digits-2d" not in names  # its code has two numbers
    person.choose("vae.latent.other.run", "vae-digits-conditional")
    person.settle()
    other = person.find("vae.latent.other.decoded")
    assert len(person.panel.sessions()) == 2
    assert len(person.window.sessions) == 2
    first = other.images().copy()
    tool(person, "Sliders")
    person.ask_again(lambda: person.find("vae.latent.z.0").setValue(150))
    tool(person, "Other run")
    beside = registry.open_run("vae-digits-conditional").model
    np.testing.assert_allclose(other.images(), beside.decode(torch.from_numpy(z(person)[None])).clip(0, 1), atol=1e-5)
    assert not np.array_equal(other.images(), first)
    assert any("gives its own meaning" in words for words in person.texts())
    person.choose("vae.latent.other.run", "none")
    assert len(person.panel.sessions()) == 1
    assert not len(other.images())
    person.choose("vae.latent.other.run", "vae-digits-conditional")
    person.settle()  # the window closes with two runs open


def test_a_run_that_another_page_has_open_can_be_the_other_one(open_window, made):
    person = open_window(made("gan", "digits", name="-3", conditional=False, latent_dim=3))
    other = person.session.folder
    person.window.open_run(made("vae", "digits", latent_dim=3))
    person.settle()
    tool(person, "Other run")
    person.choose("vae.latent.other.run", Path(other).name)
    person.settle()
    model = registry.open_run(other).model
    shown = person.find("vae.latent.other.decoded").images()
    np.testing.assert_allclose(shown, model.decode(torch.from_numpy(z(person)[None])).clip(0, 1), atol=1e-5)


def test_a_drawing_has_no_label_until_a_person_gives_it_one(open_window, made):
    person = open_window(made("vae", "digits", name="-told", conditional=True))
    tool(person, "Draw")
    assert person.find("vae.latent.label").currentText() == "0"
    canvas = person.find("vae.latent.own.canvas")
    person.ask_again(lambda: person.qtbot.mouseClick(canvas, LEFT, pos=canvas.pixel_position(4, 4).toPoint()))
    assert person.find("vae.latent.label").currentText() == "any"
    model, x = registry.open_run(person.session.folder).model, torch.from_numpy(canvas.image()[None])
    np.testing.assert_allclose(z(person), model.encode(x, torch.tensor([[-1]]))[0], atol=1e-4)
    person.ask_again(lambda: person.choose("vae.latent.label", "7"))
    told = model.decode(torch.from_numpy(z(person)[None]), torch.tensor([[7]]))[0]
    np.testing.assert_allclose(decoded(person), told, atol=1e-5)


def test_points_have_a_map_a_mesh_and_another_run(open_window, made):
    person = open_window(made("gan", "eight-gaussians", latent_dim=2))
    person.show_view("Latent")
    assert visible_tools(person) == ["Sliders", "Map", "Other run"]
    tool(person, "Map")
    person.ask_again(lambda: person.choose("gan.latent.map.show", "decoded grid"))
    assert set(person.find("gan.latent.map.mesh").visible_layers()) == {"real data", "paths"}
    tool(person, "Other run")
    person.choose("gan.latent.other.run", "vae-eight-gaussians")
    person.settle()
    plane = person.find("gan.latent.other.plane")
    beside = registry.open_run("vae-eight-gaussians").model.decode(torch.zeros(1, 2))[0]
    np.testing.assert_allclose(np.ravel(plane._layers["decoded"].item.getData()), beside, atol=1e-4)


def test_a_run_that_is_opened_while_the_map_is_on_show_has_its_own_axes(open_window, made):
    person = open_window(made("vae", "digits", latent_dim=3))
    person.show_view("Latent")
    tool(person, "Map")
    person.wait(lambda: len(person.view.code.names) == 3)
    person.window.open_run(made("gan", "eight-gaussians", latent_dim=2))
    person.window.open_run(made("vae", "digits", "-two", latent_dim=2))
    person.wait(lambda: sorted(person.view.code.names) == ["z_1", "z_2"])
    assert person.find("vae.latent.map.across").count() == 2


# -- as controls ------------------------------------------------------------------------------------------------------


def test_every_control_has_a_name_a_tooltip_and_a_value_that_comes_back(vae):
    found = controls.find(vae.view)
    assert {"vae.latent.tools", "vae.latent.z", "vae.latent.basis", "vae.latent.map.pad", "vae.latent.own.canvas",
            "vae.latent.attributes.strength", "vae.latent.other.run", "vae.latent.walk.way"} <= set(found)  # fmt: skip
    for name, widget in found.items():
        assert widget.accessibleName(), name
        assert widget.toolTip(), name
    vae.ask_again(lambda: vae.press("vae.latent.z.random"))
    tool(vae, "Map")
    state, picture = vae.panel.capture(), decoded(vae)
    tool(vae, "Sliders")
    vae.ask_again(lambda: vae.press("vae.latent.z.reset"))
    vae.ask_again(lambda: vae.panel.restore(state))
    np.testing.assert_allclose(decoded(vae), picture, atol=1e-6)
    assert vae.find("vae.latent.tools").control_value() == "Map"
    assert vae.panel.capture().values == state.values


def test_on_opening_there_are_few_controls(vae):
    shown = {name for name, widget in controls.find(vae.view).items() if widget.isVisible()}
    beside = {name for name in shown if not name.startswith("vae.latent.z.")}
    assert beside == {"vae.latent.tools", "vae.latent.z", "vae.latent.basis"}
