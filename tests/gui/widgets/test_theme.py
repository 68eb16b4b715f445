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


def contrast(one, other):
    return theme.contrast(QColor(one), QColor(other))


def test_contrast_is_what_the_standard_says():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
def test_in_a_presentation_every_word_and_ink_is_strong_and_keeps_its_hue(look):
    strong = theme.strengthened(look)
    names = ("text", "muted", "accent", "data", "model", "exact", "good", "warn", "bad")
    pairs = [(getattr(look, name), getattr(strong, name)) for name in names]
    for before, after in pairs + list(zip(look.series, strong.series, strict=True)):
        assert all(contrast(after, ground) >= theme.STRONG for ground in (look.window, look.base, look.raised)), after
        assert abs(QColor(before).hslHue() - QColor(after).hslHue()) <= 4, (before, after)
    assert contrast(strong.on_accent, strong.accent) >= theme.STRONG
    assert len(set(strong.series)) == len(look.series)


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
