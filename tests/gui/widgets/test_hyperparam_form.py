"""The form, through its editors."""

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from playground.gui.widgets.hyperparam_form import HyperparamForm
from playground.gui.widgets.number_boxes import FloatBox, IntBox


@dataclass
class Field:
    name: str
    label: str
    default: int | float | bool | str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    help: str = "Help."
    choices: tuple[str, ...] = ()
    live: bool = False
    log: bool = False
    more: bool = False


FIELDS = (
    Field("latent_dim", "Latent size", 8, 1, 64),
    Field("lr", "Learning rate", 0.002, 1e-6, 1.0, log=True, live=True),
    Field("noise", "Noise", 0.05, 0.0, 1.0, 0.05, unit="σ"),
    Field("arch", "Decoder", "conv", choices=("conv", "mlp")),
    Field("conditional", "Conditional", False),
    Field("note", "Note", "a"),
    Field("width", "Channels", 128, 8, 1024, log=True, more=True),
)


@pytest.fixture
def form(qtbot):
    widget = HyperparamForm(FIELDS, id_prefix="vae")
    qtbot.addWidget(widget)
    widget.show()
    return widget


def editor(form, name, kind=QWidget):
    return form.findChild(kind, f"vae.{name}")


def label(form, name):
    return form.findChild(QLabel, f"vae.{name}.label")


def test_starts_at_the_defaults_in_the_order_and_type_of_the_fields(form):
    assert form.values() == {field.name: field.default for field in FIELDS}
    assert [type(value) for value in form.values().values()] == [type(field.default) for field in FIELDS]
    assert form.changed() == {}


def test_a_small_number_is_shown_in_full(form):
    assert editor(form, "lr", FloatBox).text() == "0.002"
    form.set_values({"lr": 1e-5})
    assert editor(form, "lr", FloatBox).text() == "1e-5"


def test_a_learning_rate_climbs_by_factors_and_a_width_doubles(form):
    rate, width = editor(form, "lr", FloatBox), editor(form, "width", IntBox)
    seen = []
    form.value_changed.connect(lambda name, value: seen.append((name, value)))
    rate.stepUp()
    rate.stepUp()
    rate.stepDown()
    width.stepUp()
    assert seen == [("lr", 0.005), ("lr", 0.01), ("lr", 0.005), ("width", 256)]


def test_typing_a_number_in_scientific_form(qtbot, form):
    rate = editor(form, "lr", FloatBox)
    rate.selectAll()
    with qtbot.waitSignal(form.value_changed) as caught:
        qtbot.keyClicks(rate, "3e-4")
        qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert caught.args == ["lr", 0.0003]


def test_letters_are_not_taken_into_a_number(qtbot, form):
    noise = editor(form, "noise", FloatBox)
    noise.selectAll()
    qtbot.keyClicks(noise, "0x.5q")
    assert noise.text() == "0.5"


def test_each_kind_of_editor_tells_what_a_person_chose(form):
    seen = []
    form.value_changed.connect(lambda name, value: seen.append((name, value)))
    editor(form, "arch", QComboBox).setCurrentText("mlp")
    editor(form, "conditional", QCheckBox).click()
    line = editor(form, "note", QLineEdit)
    line.setText("b")
    line.editingFinished.emit()
    line.editingFinished.emit()  # losing the focus repeats the signal
    assert seen == [("arch", "mlp"), ("conditional", True), ("note", "b")]
    assert form.changed() == {"arch": "mlp", "conditional": True, "note": "b"}


def test_setting_values_from_outside_is_silent_and_checks_names(qtbot, form):
    with qtbot.assertNotEmitted(form.value_changed):
        form.set_values({"latent_dim": 3, "arch": "mlp", "conditional": True, "note": "z"})
    assert form.values()["latent_dim"] == 3
    with pytest.raises(KeyError):
        form.set_values({"nonsense": 1})
    with pytest.raises(ValueError, match="no choice 'rnn'"):
        form.set_values({"arch": "rnn"})


def test_a_changed_value_has_a_bold_label_and_a_double_click_resets_it(qtbot, form):
    form.set_values({"latent_dim": 3})
    assert label(form, "latent_dim").font().bold()
    assert "default is 8" in label(form, "latent_dim").toolTip()
    with qtbot.waitSignal(form.value_changed) as caught:
        qtbot.mouseDClick(label(form, "latent_dim"), Qt.MouseButton.LeftButton)
    assert caught.args == ["latent_dim", 8]
    assert not label(form, "latent_dim").font().bold()


def test_the_menu_of_a_label_resets_too(form):
    form.set_values({"arch": "mlp"})
    label(form, "arch").actions()[0].trigger()
    assert form.values()["arch"] == "conv"


def test_a_preset_moves_the_defaults(form):
    form.set_values({"latent_dim": 16})
    form.set_defaults({"latent_dim": 16, "lr": 0.01})
    assert form.changed() == {"lr": 0.002}
    form.reset()
    assert form.values()["lr"] == 0.01
    assert form.values()["latent_dim"] == 16


def test_only_live_settings_stay_open_while_running(form):
    form.set_running(True)
    assert editor(form, "lr").isEnabled()
    assert not editor(form, "latent_dim").isEnabled()
    assert "takes effect on Reset" in editor(form, "latent_dim").toolTip()
    assert "Reset" not in editor(form, "lr").toolTip()
    form.set_running(False)
    assert editor(form, "latent_dim").isEnabled()
    assert "Reset" not in editor(form, "latent_dim").toolTip()


def test_reset_leaves_fixed_settings_alone_while_running(form):
    form.set_values({"latent_dim": 3, "lr": 0.01})
    form.set_running(True)
    form.reset()
    assert form.changed() == {"latent_dim": 3}


def test_seldom_settings_are_folded(qtbot, form):
    width, more = editor(form, "width"), form.findChild(QPushButton, "vae.more")
    assert not width.isVisible()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert width.isVisible()


def test_tooltips_tell_help_and_range_and_labels_the_unit(form):
    assert editor(form, "noise").toolTip() == "Help.\nRange: from 0 to 1"
    assert label(form, "noise").text() == "Noise (σ)"
    assert editor(form, "noise").accessibleName() == "Noise (σ)"


@pytest.mark.parametrize("name", ["latent_dim", "lr", "arch"])
def test_a_wheel_that_passes_over_changes_nothing(form, name):
    box = editor(form, name)
    box.clearFocus()
    before = form.values()[name]
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, wheel)
    assert form.values()[name] == before
    assert not wheel.isAccepted()


def test_editors_above_the_form_stand_in_line_with_its_own(qtbot, form):
    above = QWidget()
    qtbot.addWidget(above)
    grid = QGridLayout(above)
    grid.setContentsMargins(0, 0, 0, 0)
    words, seed = QLabel("seed"), QLineEdit()
    grid.addWidget(words, 0, 0)
    grid.addWidget(seed, 0, 1)
    form.align_with(grid)
    above.resize(form.width(), 40)
    above.show()
    assert seed.x() == editor(form, "lr").x()


def test_a_form_of_the_same_fields_begins_anew_with_the_editors_it_has(form):
    kept = editor(form, "lr", FloatBox)
    form.set_defaults({"lr": 0.5})
    form.set_values({"lr": 0.1, "arch": "mlp", "note": "b"})
    form.set_warnings({"lr": "Too high."})
    form.set_running(True)
    assert form.restart(list(FIELDS))
    assert editor(form, "lr", FloatBox) is kept
    assert form.values() == {field.name: field.default for field in FIELDS}
    assert form.changed() == {}
    assert all(editor(form, field.name).isEnabled() for field in FIELDS)
    assert not editor(form, "lr.warning", QLabel).isVisible()


def test_a_form_of_other_fields_is_left_alone(form):
    form.set_values({"lr": 0.1})
    assert not form.restart(FIELDS[:-1])
    assert form.values()["lr"] == 0.1
