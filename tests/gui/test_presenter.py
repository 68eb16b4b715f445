"""Presenter mode at 1920x1080 and 1280x720: measured in the window, not in the settings."""

from collections import Counter

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontInfo
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel
from pytestqt.qtbot import QtBot

from playground.gui.lessons.strip import StripFrame
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.formula import Formula
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.loss_plot import LossPlot
from tests.gui.driving import opened_window

TEXT, CURVE, SAMPLE = 24, 3, 96  # pixels at this size
STRONG = 7.0
SIZE = QSize(1920, 1080)
SIZES = (QSize(1280, 720), SIZE)


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


def present_at(person, size):
    person.window.resize(size)
    person.wait(lambda: person.window.size() == size)
    person.wait(person.window.page.is_settled)
    QApplication.sendPostedEvents()  # the new sizes reach the inner layouts in a second turn
    QApplication.processEvents()


def check_sizes(person):
    window = person.window
    assert window.size() in SIZES, "the window had to grow"
    strip = window.findChild(StripFrame)
    assert not strip.horizontalScrollBar().isVisible(), "the words of the scene are wider than the window"
    share = window.height() / SIZE.height()
    text_least, curve_least, sample_least = int(share * TEXT), share * CURVE, int(share * SAMPLE)
    texts = [w for kind in (QLabel, QAbstractButton, QComboBox) for w in seen(person, kind)]
    small = [
        (w.objectName(), w.text()) for w in texts if QFontInfo(w.font()).pixelSize() < text_least and hasattr(w, "text")
    ]
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
                    assert ink.widthF() >= curve_least, plot.objectName()
                assert len(item.xData) <= 2000
        for side in ("left", "bottom"):
            tick = plot.findChild(pg.PlotWidget).getPlotItem().getAxis(side).style["tickFont"]
            assert QFontInfo(tick).pixelSize() >= text_least
    for formula in seen(person, Formula):
        assert formula.height() >= formula.sizeHint().height(), "a formula is drawn smaller than its letters should be"
    for grid in seen(person, ImageGrid):
        if len(grid.images()):
            tile = grid.tile_rect(grid.shown() - 1)
            assert min(tile.width(), tile.height()) >= sample_least, grid.objectName()
            assert grid.rect().adjusted(-1, -1, 1, 1).contains(tile.toRect()), grid.objectName()
    for film in seen(person, FilmStrip):
        for step in film.shown_steps():
            frame = film.frame_rect(0, step)
            assert min(frame.width(), frame.height()) >= sample_least, film.objectName()


def check_contrast(person):
    """Words as they are painted, and the colours of the words in plots."""
    picture = person.window.grab().toImage()
    for label in seen(person, QLabel) + seen(person, QAbstractButton):
        if not label.isEnabled() or not label.text() or label.visibleRegion().isEmpty():
            continue
        area = label.visibleRegion().boundingRect()
        if area.height() < label.fontMetrics().height():
            continue
        corner = label.mapTo(person.window, area.topLeft())
        part = picture.copy(QRect(corner, area.size()))
        colours = Counter(part.pixel(x, y) for y in range(0, part.height(), 2) for x in range(part.width()))
        ground = QColor(colours.most_common(1)[0][0])
        best = max(theme.contrast(QColor(colour), ground) for colour in colours)
        assert best >= STRONG, (label.objectName(), label.text()[:40])
    for plot in seen(person, pg.PlotWidget):
        ground = QColor(theme.current().base)
        item = plot.getPlotItem()
        axes = [item.getAxis(side) for side in ("left", "bottom")]
        inks = [pg.mkPen(axis.textPen()).color() for axis in axes if axis.isVisible()]
        inks += [text.color for text in item.items if isinstance(text, pg.TextItem) and text.isVisible()]
        assert all(theme.contrast(QColor(ink), ground) >= STRONG for ink in inks), plot.parentWidget().objectName()


def walk(person, scenes):
    for scene in scenes:
        person.window.lessons.open(scene)
        person.wait(lambda: person.window.lessons.is_ready)
        person.wait(person.window.page.is_settled)
        person.window.lessons.look()
        for size in SIZES:
            present_at(person, size)
            check_sizes(person)
            check_contrast(person)
        assert not person.window.rail.isVisible()


def test_the_class_track_can_be_seen_from_the_last_row(person):
    walk(person, [scene for lesson in person.window.lessons.lessons for scene in lesson.along("class")])


@pytest.mark.slow
def test_every_scene_can_be_seen_from_the_last_row(person):
    walk(person, [scene for lesson in person.window.lessons.lessons for scene in lesson.scenes])


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_scene_is_strong_in_both_looks(person, name):
    theme.apply(name)
    try:
        walk(person, person.window.lessons.lessons[0].scenes[:1])
    finally:
        theme.apply("light")


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
