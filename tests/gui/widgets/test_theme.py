"""Two looks and one scale for the whole application."""

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLabel, QWidget

from playground.gui.widgets import theme


@pytest.fixture(autouse=True)
def light_afterwards(qapp):
    theme.apply("light")
    yield
    theme.apply("light")


def luminance(colour):
    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return sum(w * linear(p) for w, p in zip((0.2126, 0.7152, 0.0722), QColor(colour).getRgbF()[:3], strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
@pytest.mark.parametrize("ink", ["text", "muted", "good", "warn", "bad", "accent"])
def test_words_can_be_read_on_every_surface(look, ink):
    assert all(contrast(getattr(look, ink), ground) >= 4.5 for ground in (look.window, look.base, look.raised))


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
def test_words_on_the_accent_can_be_read(look):
    assert contrast(look.on_accent, look.accent) >= 4.5


def test_shown_and_hidden_widgets_take_palette_and_size(qtbot):
    shown, hidden = QWidget(), QWidget()
    inner = QLabel("text", hidden)
    for widget in (shown, hidden):
        qtbot.addWidget(widget)
    shown.show()
    before = theme.em(shown)
    theme.apply("dark", 2.0)
    for widget in (shown, hidden, inner):
        assert theme.em(widget) >= 1.8 * before
        assert widget.palette().color(QPalette.ColorRole.Window) == QColor(theme.DARK.window)


def test_a_title_is_larger_than_text_at_every_scale(qtbot):
    box = QWidget()
    title, text = QLabel("Words", box), QLabel("Words", box)
    title.setProperty("role", "title")
    qtbot.addWidget(box)
    box.show()
    for scale in (1.0, 2.0):
        theme.apply("light", scale)
        assert title.sizeHint().height() >= 1.25 * text.sizeHint().height()


def test_scales_do_not_pile_up(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    before = theme.em(widget)
    for _ in range(3):
        theme.apply("light", 1.5)
    theme.apply("light", 1.0)
    assert theme.em(widget) == before
