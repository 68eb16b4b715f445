"""A view of one's own is one class: with an id for its control, everything else comes by itself."""

import pytest
from PySide6.QtWidgets import QLabel, QSlider, QVBoxLayout

from playground.gui.document import Document
from playground.gui.panels.base import ModelPanel, View


class ToyView(View):
    """How bright the first sample is, times a factor."""

    title = "Toy"
    tooltip = "A factor times the mean of the first sample"

    def __init__(self, name, ask, parent=None):
        super().__init__(name, ask, parent)
        self.factor = QSlider()
        self.factor.setObjectName(f"{name}.factor")
        self.factor.setAccessibleName("Factor")
        self.factor.setToolTip("Multiplies the brightness")
        self.factor.valueChanged.connect(self.outdate)
        self.words = QLabel()
        layout = QVBoxLayout(self)
        layout.addWidget(self.factor)
        layout.addWidget(self.words)

    def refresh(self):
        self.ask("sample", "sample", seed=1, n=1)

    def answered(self, answer):
        self.words.setText(f"{self.factor.value() * answer.arrays['x'].mean():.3f}")


class ToyPanel(ModelPanel):
    """The base panel and one view more."""

    view_classes = (*ModelPanel.view_classes, ToyView)


@pytest.fixture
def toy(open_window, tiny_run, monkeypatch):
    monkeypatch.setattr("playground.gui.main_window._panel_class", lambda family: ToyPanel)
    person = open_window(tiny_run("gan", "digits"))
    person.show_view("Toy")
    return person


def test_it_shows_what_the_model_answers(toy):
    toy.ask_again(lambda: toy.find("gan.toy.factor", QSlider).setValue(50))
    assert float(toy.view.words.text()) > 0


def test_its_control_is_undone_saved_and_locked(toy):
    slider = toy.find("gan.toy.factor", QSlider)
    toy.window.undo.begin()
    slider.setValue(33)
    toy.window.undo.settle()
    assert toy.window.documents.current().pages["gan"].values["gan.toy.factor"] == 33
    toy.window.actions_by_id["edit.undo"].trigger()
    assert slider.value() == 0
    toy.window.documents.apply(Document("gan", locked=("gan.toy.factor",)))
    assert not slider.isEnabled()
