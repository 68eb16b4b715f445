"""Lenses of the Inside view: made when first seen, kept in documents, undone, granted what only the panel may do."""

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from playground.core.messages import Change, TrainSteps
from playground.gui.document import Document
from playground.gui.panels.base import Lens, LensView, ModelPanel, TrainView


class Bright(Lens):
    """How bright the first sample is, times a factor."""

    key, title, tooltip = "bright", "Bright", "A factor times the mean of the first sample"

    def __init__(self, name, ask, parent=None):
        super().__init__(name, ask, parent)
        self.factor = QSlider()
        self.factor.setObjectName(f"{name}.factor")
        self.words = QLabel()
        layout = QVBoxLayout(self)
        layout.addWidget(self.factor)
        layout.addWidget(self.words)

    def start(self, facts):
        self.factor.setValue(7)

    def refresh(self):
        self.ask("sample", "sample", seed=1, n=1)

    def answered(self, answer):
        self.words.setText(f"{answer.arrays['x'].mean():.3f}")
        self.picture("sample", answer.arrays["x"][0])


class Wishes(Lens):
    """Asks the panel for what a view may not do."""

    key, title, tooltip = "wishes", "Wishes", "What only the panel may do"

    def __init__(self, name, ask, parent=None):
        super().__init__(name, ask, parent)
        layout = QVBoxLayout(self)
        for word, wish in (("steps", TrainSteps(2, ("discriminator",))), ("change", Change({"penalty": 3.5}))):
            button = QPushButton(word)
            button.setObjectName(f"{name}.{word}")
            button.clicked.connect(lambda _=False, wish=wish: self.wish.emit(wish))
            layout.addWidget(button)

    @classmethod
    def fits(cls, facts):
        return "discriminator" in facts["parts"]


class Never(Lens):
    """Fits nothing."""

    key, title, tooltip = "never", "Never", "Nothing"

    @classmethod
    def fits(cls, facts):
        return False


class Inside(LensView):
    """Three lenses, of which one fits nothing."""

    lens_classes = (Never, Bright, Wishes)


class Toy(ModelPanel):
    """A panel of two views."""

    view_classes = (TrainView, Inside)


@pytest.fixture
def gan(open_window, tiny_run, monkeypatch):
    monkeypatch.setattr("playground.gui.main_window._panel_class", lambda family: Toy)
    person = open_window(tiny_run("gan", "digits"))
    person.show_view("Inside")
    return person


def test_only_lenses_that_fit_are_offered_and_only_the_one_that_is_seen_is_made(gan):
    bar = gan.view.tabs
    assert [bar.tabText(i) for i in range(bar.count()) if bar.isTabVisible(i)] == ["Bright", "Wishes"]
    assert [lens.title for lens in gan.view.lenses.values()] == ["Bright"]
    assert float(gan.view.lens.words.text()) > 0
    assert "sample" in gan.view.pictures


def test_a_document_opens_a_lens_and_sets_its_controls_when_they_are_made(gan):
    documents = gan.window.documents
    documents.apply(Document("gan", pages={}))
    gan.find("gan.inside.bright.factor", QSlider).setValue(60)
    gan.show_tool("gan.inside.lens", "Wishes")
    gan.show_tool("gan.inside.lens", "Bright")
    kept = documents.current()
    gan.find("gan.inside.bright.factor", QSlider).setValue(5)
    gan.show_tool("gan.inside.lens", "Wishes")
    documents.apply(kept)
    gan.settle()
    assert gan.find("gan.inside.bright.factor", QSlider).value() == 60


def test_back_to_the_default_is_what_a_lens_showed_when_it_was_made(gan):
    gan.find("gan.inside.bright.factor", QSlider).setValue(60)
    assert gan.panel._at_first["gan.inside.bright.factor"] == 7


def test_the_panel_grants_a_change_and_steps_of_one_part(gan):
    gan.show_tool("gan.inside.lens", "Wishes")
    gan.press("gan.inside.wishes.change")
    gan.wait(lambda: gan.session.experiment.events)
    assert gan.panel.settings.assignments()["penalty"] == 3.5
    before = gan.session.step
    gan.press("gan.inside.wishes.steps")
    gan.until("paused")
    assert gan.session.step == before + 2
    assert [event.parts for event in gan.session.experiment.events if event.count] == 2 * [("discriminator",)]


def test_a_late_answer_to_a_lens_that_has_left_the_stage_draws_nothing_in_the_model(gan):
    bright = gan.view.lens
    gan.show_tool("gan.inside.lens", "Wishes")
    bright.picture("sample", np.ones((1, 8, 8), np.float32))
    assert "sample" not in gan.view.pictures
    gan.show_tool("gan.inside.lens", "Bright")
    assert gan.view.pictures["sample"][0] is not None


class Asks(Wishes):
    """Asks as soon as it is seen."""

    def refresh(self):
        self.ask("anything", "sample")


def test_a_lens_on_the_stage_asks_nothing_of_a_model_that_it_does_not_fit(qtbot):
    window, asked = QWidget(), []
    qtbot.addWidget(window)
    lens = Asks("gan.inside.asks", asked.append, window)
    window.show()
    lens.opened({"parts": ("model",)}, None)
    assert not asked
    lens.opened({"parts": ("discriminator",)}, None)
    assert len(asked) == 1
    window.hide()


def test_a_lens_that_has_left_the_stage_needs_no_room_on_it(gan, qtbot):
    def needed():
        return gan.panel.tabs.minimumSizeHint().height()

    gan.view.show_lens("Bright")
    qtbot.waitUntil(lambda: gan.view.lens.isVisible())
    assert needed() < 900
    gan.view.lens.words.setMinimumHeight(900)
    qtbot.waitUntil(lambda: needed() >= 900)
    gan.view.show_lens("Wishes")
    qtbot.waitUntil(lambda: needed() < 900)
