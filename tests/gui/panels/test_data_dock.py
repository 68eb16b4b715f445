"""Data of one's own through the window's controls: painted, mixed, edited, opened, and refused with reasons."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from playground import paths, registry, runs
from playground.core.experiment import Budget
from playground.core.run_folder import RunFolder
from playground.gui.widgets import controls
from tests.gui.driving import LEFT, Person
from tests.helpers import tiny


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))


@pytest.fixture
def vae(open_window, tiny_run) -> Person:
    """A small VAE of moons with the dock open."""
    person = open_window(tiny_run("vae", "moons"))
    person.press("vae.data.edit")
    settle(person)
    return person


def settle(person: Person) -> None:
    person.wait(lambda: person.session.is_open and person.panel.is_settled())


def show_tab(person: Person, title: str) -> None:
    bar = person.find("vae.dock.tabs", QTabWidget).tabBar()
    (index,) = [i for i in range(bar.count()) if bar.tabText(i) == title]
    person.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())


def drop(person: Person, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    person.window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, LEFT,
                                       Qt.KeyboardModifier.NoModifier))  # fmt: skip


def said(person: Person) -> str:
    return person.panel.messages.accessibleName()


def csv(path: Path, rows: int = 200) -> Path:
    np.savetxt(path, np.random.default_rng(0).normal(size=(rows, 2)).clip(-2.9, 2.9), delimiter=",")
    return path


def test_the_dock_takes_the_place_of_the_model_and_gives_it_back(vae):
    assert vae.find("vae.dock").isVisible()
    assert not vae.panel.tabs.isVisible()
    vae.press("vae.dock.close")
    assert vae.panel.tabs.isVisible()
    assert not vae.panel.dock.isVisible()


def test_the_column_shows_the_data_their_hash_and_what_is_exact(vae):
    dataset = registry.load_data("moons")
    facts = vae.find("vae.data.facts")
    assert dataset.hash[:8] in facts.text()
    assert dataset.hash in facts.toolTip()
    assert f"exact entropy {dataset.exact.entropy:.3f}" in facts.text()
    assert "20,000 examples" in facts.text()
    np.testing.assert_allclose(vae.find("vae.data.picture").examples(), dataset.train.x[:1500].numpy())


def test_painted_points_are_kept_opened_and_trained_on(vae):
    show_tab(vae, "Draw")
    canvas = vae.find("vae.dock.draw.canvas")
    canvas.setFocus()
    for _ in range(4):
        vae.qtbot.keyClick(canvas, Qt.Key.Key_Space)
        vae.qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    vae.type("vae.dock.draw.count", "400")
    vae.press("vae.dock.draw.use")
    settle(vae)
    (file,) = paths.drawn().glob("*.csv")
    experiment = vae.session.experiment
    assert experiment.data == f"drawn:{file}"
    assert vae.panel.tabs.isVisible()
    assert vae.find("vae.data").currentText().endswith("drawing")
    points = vae.find("vae.data.picture").examples()
    assert len(points) == 320
    assert (np.abs(points[:, 1]) < 0.5).all()  # where the row of dabs was
    assert (points[:, 0] > -0.5).all()
    assert {"hidden": experiment.config["hidden"], "batch": experiment.train.batch} == {"hidden": 128, "batch": 512}
    vae.press("vae.step")
    vae.wait(lambda: vae.session.step == 1 and vae.session.folder)
    assert RunFolder.open(Path(vae.session.folder)).manifest["data_hash"] == vae.session.facts["data_hash"]


def test_using_other_data_can_be_undone(vae):
    run = vae.session.run
    show_tab(vae, "Mixture")
    vae.window.undo.settle()
    vae.press("vae.dock.mixture.use")
    settle(vae)
    assert vae.session.experiment.data == "mixture"
    vae.window.undo.undo()
    settle(vae)
    assert (vae.session.run, vae.session.experiment.data) == (run, "moons")


def test_a_second_drawing_takes_nothing_from_the_first(vae):
    for count in (1, 2):
        show_tab(vae, "Draw")
        vae.find("vae.dock.draw.canvas").dab(1.0, 1.0)
        vae.press("vae.dock.draw.use")
        settle(vae)
        assert len(list(paths.drawn().glob("*.csv"))) == count
        vae.press("vae.data.edit")
    assert vae.session.experiment.data.endswith("drawing-2.csv")


def test_an_empty_canvas_is_refused_with_a_reason(vae):
    show_tab(vae, "Draw")
    vae.press("vae.dock.draw.use")
    assert "Nothing is painted" in said(vae)
    assert vae.session.experiment.data == "moons"


def test_a_mixture_is_trained_on_with_its_exact_entropy(vae):
    show_tab(vae, "Mixture")
    editor = vae.find("vae.dock.mixture.editor")
    editor.set_control_value("-1,0;1,0|1|0.3")
    vae.type("vae.dock.mixture.x", "-2")
    vae.type("vae.dock.mixture.weight", "3")
    vae.press("vae.dock.mixture.use")
    settle(vae)
    options = vae.session.experiment.data_options
    assert (options["means"], options["weights"], options["spreads"]) == ("-2,0;1,0", "3;1", "0.3;0.3")
    exact = registry.load_data("mixture", options).exact
    assert vae.session.facts["data"]["entropy"] == pytest.approx(exact.entropy)
    vae.press("vae.data.edit")
    show_tab(vae, "Mixture")
    vae.press("vae.dock.mixture.remove")
    assert editor.words() == ("1,0", "1", "0.3")
    vae.choose("vae.dock.mixture.space", "on the line")
    vae.press("vae.dock.mixture.use")
    settle(vae)
    assert vae.session.facts["shape"] == (1,)


def test_edits_are_shown_before_they_are_used_and_stand_in_the_run(vae):
    plain = vae.find("vae.dock.edits.picture").examples().copy()
    vae.type("vae.dock.edits.edits.samples", "200")
    vae.type("vae.dock.edits.edits.outliers", "0.5")
    vae.wait(lambda: "200 of 20,000" in vae.find("vae.dock.edits.size").text() and vae.panel.is_settled())
    shown = vae.find("vae.dock.edits.picture").examples()
    assert len(shown) == 200
    assert not np.isin(shown[:, 0], plain[:, 0]).all()
    assert vae.session.experiment.data_options.get("samples") is None  # nothing was built yet
    config = dict(vae.session.experiment.config)
    vae.press("vae.dock.edits.use")
    settle(vae)
    experiment = vae.session.experiment
    assert (experiment.data_options["samples"], experiment.data_options["outliers"]) == (200, 0.5)
    assert experiment.config == config  # on the same data, settings stay
    assert "Edited: samples 200, outliers 0.5." in vae.find("vae.data.facts").text()
    np.testing.assert_allclose(vae.find("vae.data.picture").examples(), shown)
    vae.press("vae.data.edit")
    vae.type("vae.dock.edits.edits.samples", "0")
    vae.type("vae.dock.edits.edits.outliers", "0")
    vae.press("vae.dock.edits.use")
    settle(vae)
    assert vae.session.facts["data_hash"] == registry.load_data("moons").hash


def test_too_few_examples_say_why(vae):
    vae.type("vae.dock.edits.edits.samples", "3")
    vae.wait(lambda: "at least 10" in said(vae))


def test_a_dropped_table_is_opened(vae, tmp_path):
    drop(vae, csv(tmp_path / "mine.csv"))
    settle(vae)
    assert vae.session.experiment.data == f"drawn:{tmp_path / 'mine.csv'}"
    assert vae.find("vae.data").currentText() == "Your own points: mine"


def test_dropped_images_are_opened(vae, tmp_path):
    folder = tmp_path / "pictures" / "kind"
    folder.mkdir(parents=True)
    for k in range(40):
        Image.fromarray(np.full((16, 16), 6 * k, np.uint8)).save(folder / f"{k}.png")
    drop(vae, tmp_path / "pictures")
    settle(vae)
    assert vae.session.experiment.data == f"folder:{tmp_path / 'pictures'}"
    assert vae.session.facts["kind"] == "images"


def test_a_table_that_cannot_be_read_says_why_and_the_model_comes_back(vae, tmp_path):
    run = vae.session.run
    drop(vae, csv(tmp_path / "few.csv", rows=5))
    vae.wait(lambda: "at least 20 are needed" in said(vae))
    settle(vae)
    assert "comes back" in said(vae)
    assert (vae.session.run, vae.session.experiment.data, vae.session.step) == (run, "moons", 20)


def test_a_family_of_images_refuses_points_with_a_reason(open_window, tiny_run, tmp_path):
    person = open_window(tiny_run("stylegan", "digits", steps=2))
    drop(person, csv(tmp_path / "mine.csv"))
    assert "Style GAN learns images, and mine.csv holds points. Nothing was changed" in said(person)
    assert person.session.experiment.data == "digits"
    person.press("stylegan.data.edit")
    assert [tab for tab in ("Edit", "Draw", "Mixture") if tab in visible_tabs(person)] == ["Edit"]
    assert not person.panel.findChild(QWidget, "stylegan.dock.open-file").isVisible()


def visible_tabs(person: Person) -> list[str]:
    bar = person.panel.dock.tabs.tabBar()
    return [bar.tabText(i) for i in range(bar.count()) if bar.isTabVisible(i)]


def test_something_else_is_no_data(vae, tmp_path):
    (tmp_path / "note.pdf").write_text("no data")
    assert not vae.panel.open_path(str(tmp_path / "note.pdf"))
    (tmp_path / "empty").mkdir()
    assert not vae.panel.open_path(str(tmp_path / "empty"))
    assert not vae.panel.open_path(vae.session.run)


def test_while_a_model_trains_no_data_take_its_place(vae, tmp_path):
    vae.press("vae.start")
    vae.wait(lambda: vae.session.step > 20)
    assert vae.panel.tabs.isVisible()  # the model that trains is on the stage
    vae.window.actions_by_id["view.data"].trigger()
    assert not vae.find("vae.dock.edits.use").isEnabled()
    drop(vae, csv(tmp_path / "mine.csv"))
    assert "pause or stop it first" in said(vae)
    assert vae.session.experiment.data == "moons"
    vae.press("vae.stop")
    vae.wait(lambda: vae.session.state == "done" and vae.panel.is_settled())
    assert vae.find("vae.dock.edits.use").isEnabled()


def test_a_run_whose_data_changed_opens_with_a_warning(open_window, tmp_path):
    file = csv(tmp_path / "mine.csv")
    runs.train(runs.start(tiny("gaussian", f"drawn:{file}"), tmp_path / "run"), Budget("steps", 2))
    csv(file, rows=300)
    person = open_window(str(tmp_path / "run"))
    assert "have changed since" in said(person)
    assert not person.session.can_train


def test_every_control_of_the_dock_is_named_explained_and_undone(vae):
    found = {name: widget for name, widget in controls.find(vae.panel).items() if name.startswith("vae.dock")}
    assert {"vae.dock.draw.canvas", "vae.dock.mixture.editor", "vae.dock.edits.edits.outliers"} <= set(found)
    for name, widget in found.items():
        assert widget.accessibleName(), name
        assert widget.toolTip(), name
    canvas = found["vae.dock.draw.canvas"]
    show_tab(vae, "Draw")
    vae.window.undo.settle()
    vae.qtbot.mouseClick(canvas, LEFT, pos=canvas.rect().center())
    vae.window.undo.settle()
    painted = canvas.control_value()
    assert painted
    vae.window.undo.undo()
    settle(vae)
    assert canvas.is_empty()
    vae.window.undo.redo()
    settle(vae)
    assert canvas.control_value() == painted
