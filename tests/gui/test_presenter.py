"""Presenter mode at 1920x1080: measured in the window, not in the settings."""

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel
from pytestqt.qtbot import QtBot

from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.loss_plot import LossPlot
from tests.gui.driving import opened_window

TEXT, CURVE, SAMPLE = 24, 3, 96  # pixels at this size
SIZE = QSize(1920, 1080)


@pytest.fixture(scope="module")
def shared(qapp, request):
    with opened_window(QtBot(request)) as person:
        yield person
        person.window.presenter.leave()


@pytest.fixture
def person(shared):
    """In presenter mode, full high definition, with no scene on."""
    shared.window.lessons.leave()
    if not shared.window.presenter.is_on:
        shared.window.actions_by_id["view.presenter"].trigger()
        shared.qtbot.wait(50)  # the platform gives a full screen its own size first
        shared.window.resize(SIZE)
        shared.wait(lambda: shared.window.size() == SIZE)
    yield shared
    shared.window.lessons.leave()
    shared.window.undo.settle()
    for session in shared.window.sessions:
        session.close()


def seen(person, kind):
    return [widget for widget in person.window.findChildren(kind) if widget.isVisible()]


def check_sizes(person):
    window = person.window
    assert window.size() == SIZE, "the window had to grow"
    texts = [w for kind in (QLabel, QAbstractButton, QComboBox) for w in seen(person, kind)]
    small = [(w.objectName(), w.text()) for w in texts if QFontInfo(w.font()).pixelSize() < TEXT and hasattr(w, "text")]
    assert small == []
    for plot in seen(person, CurvePlot) + seen(person, LossPlot):
        for item in plot.findChild(pg.PlotWidget).getPlotItem().items:
            if (
                isinstance(item, pg.PlotCurveItem)
                and item.isVisible()
                and len(item.xData if item.xData is not None else ())
            ):
                ink = pg.mkPen(item.opts["pen"])
                if ink.color().alpha() == 255:  # the raw loss under a smoothed one is a faint hairline
                    assert ink.widthF() >= CURVE, plot.objectName()
                assert len(item.xData) <= 2000
        for side in ("left", "bottom"):
            tick = plot.findChild(pg.PlotWidget).getPlotItem().getAxis(side).style["tickFont"]
            assert QFontInfo(tick).pixelSize() >= TEXT
    for grid in seen(person, ImageGrid):
        if len(grid.images()):
            tile = grid.tile_rect(grid.shown() - 1)
            assert min(tile.width(), tile.height()) >= SAMPLE, grid.objectName()
            assert grid.rect().adjusted(-1, -1, 1, 1).contains(tile.toRect()), grid.objectName()
    for film in seen(person, FilmStrip):
        for step in film.shown_steps():
            frame = film.frame_rect(0, step)
            assert min(frame.width(), frame.height()) >= SAMPLE, film.objectName()


def test_every_scene_can_be_seen_from_the_last_row(person):
    for scene in [scene for lesson in person.window.lessons.lessons for scene in lesson.scenes]:
        person.window.lessons.open(scene)
        person.wait(lambda: person.window.lessons.is_ready)
        person.wait(person.window.page.is_settled)
        check_sizes(person)
        assert not person.window.rail.isVisible()


@pytest.mark.parametrize("run", ["vae-digits", "diffusion-eight-gaussians", "gaussian-strokes"])
def test_every_view_of_a_panel_too(person, run):
    person.window.open_run(run)
    person.settle()
    for index in [i for i in range(person.panel.tabs.count()) if person.panel.tabs.isTabVisible(i)]:
        person.show_view(person.panel.tabs.tabText(index))
        check_sizes(person)
    assert not person.panel.settings.isVisible()


def test_escape_leaves_and_everything_is_as_it_was(person):
    person.window.open_run("vae-digits")
    person.settle()
    person.window.activateWindow()
    person.wait(person.window.isActiveWindow)
    person.qtbot.keyClick(person.window, Qt.Key.Key_Escape)
    assert not person.window.presenter.is_on
    assert theme.least_sample() == 0
    assert QFontInfo(person.window.font()).pixelSize() < TEXT
    for widget in (person.window.rail, person.window.menuBar(), person.panel.settings, person.panel.loss):
        assert widget.isVisible()
    person.show_view("Train")
    grid = person.find("vae.train.images", ImageGrid)
    assert grid.shown() == len(grid.images())
    assert not person.window.windowState() & Qt.WindowState.WindowFullScreen


def test_sizes_grow_with_the_screen(person):
    person.window.resize(QSize(3840, 2160))
    person.wait(lambda: person.window.height() == 2160)
    assert QFontInfo(person.window.font()).pixelSize() >= 2 * TEXT
    assert theme.least_sample() == 2 * SAMPLE
    person.window.resize(SIZE)
    person.wait(lambda: person.window.size() == SIZE)
