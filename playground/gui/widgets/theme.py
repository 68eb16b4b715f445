"""Light and dark: the application's own palettes, its plot colours, and sizes in em.

The colours come in two groups. *Surface* colours (window, base, text, ...) become a `QPalette`. *Ink* colours draw
data; they follow the Okabe-Ito set, which stays apart for colour-blind eyes, some a little darker or lighter to be
readable on their ground. Every use of them is backed by a line style or a marker shape, so that colour is never the
only signal.
"""

import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget


@dataclass(frozen=True)
class Theme:
    """All colours of one look, as ``#rrggbb``.

    Attributes:
        window, base, raised: the page, the ground of plots and fields, and cards above the page.
        text, muted, border, grid: words, secondary words (still 4.5:1), outlines, and plot grids.
        accent, on_accent: what is selected or pressed next, and words on it.
        data, model, exact: the ink of real data, of what a model made, and of exact mathematics.
        latent, observed: node fills of a drawn model; latent is white and observed gray, as the lecture draws them.
        good, warn, bad: the state of a message.
        series: the ink of the curves of one plot, in order.
        density: stops of the density colour map, from nothing to most.
    """

    name: Literal["light", "dark"]
    window: str
    base: str
    raised: str
    text: str
    muted: str
    border: str
    grid: str
    accent: str
    on_accent: str
    data: str
    model: str
    exact: str
    latent: str
    observed: str
    good: str
    warn: str
    bad: str
    series: tuple[str, ...]
    density: tuple[str, ...]


LIGHT = Theme(
    name="light", window="#F4F5F7", base="#FFFFFF", raised="#FFFFFF", text="#1A1D21", muted="#596069",
    border="#CED3DA", grid="#E4E7EB", accent="#0067B0", on_accent="#FFFFFF",
    data="#0072B2", model="#D55E00", exact="#007A5A", latent="#FFFFFF", observed="#C3C8CF",
    good="#00694D", warn="#8A5A00", bad="#B0330E",
    series=("#0072B2", "#D55E00", "#007A5A", "#B0508A", "#A87200", "#2E8BC0"),
    density=("#FFFFFF", "#CFE3F1", "#7FB4D9", "#2F7FB8", "#0B4A7A"),
)  # fmt: skip

DARK = Theme(
    name="dark", window="#17191D", base="#1E2126", raised="#23272D", text="#ECEFF3", muted="#A3ACB8",
    border="#3B424B", grid="#2C3138", accent="#56B4E9", on_accent="#0C1116",
    data="#56B4E9", model="#F2A33A", exact="#2CC796", latent="#FFFFFF", observed="#7C858F",
    good="#3ED1A1", warn="#F0C04A", bad="#FF8A5C",
    series=("#56B4E9", "#F2A33A", "#2CC796", "#E094BF", "#F0E442", "#9CC9E8"),
    density=("#1E2126", "#1C3A52", "#23618D", "#3C97CF", "#BFE3FA"),
)  # fmt: skip

icon_folder: Path | None = None  # set by `icons.set_folder`
_current = LIGHT
_screen_height = 0  # of the presentation; 0 where there is none

PROJECTOR = 1080  # pixels in height, for which the three sizes of a presentation are given; they grow with the screen
LEAST_TEXT, LEAST_CURVE, LEAST_SAMPLE = 24.0, 3.0, 96.0
STRONG = 7.0  # least contrast of words and ink in a presentation: a projector washes colours out


def current() -> Theme:
    """The theme in force; widgets read it when they paint and in `changeEvent(PaletteChange)`."""
    return _current


def palette(theme: Theme) -> QPalette:
    """The Qt palette of a theme."""
    colours = QPalette()
    roles = QPalette.ColorRole
    for role, value in (
        (roles.Window, theme.window), (roles.WindowText, theme.text), (roles.Base, theme.base),
        (roles.AlternateBase, theme.raised), (roles.Text, theme.text), (roles.Button, theme.raised),
        (roles.ButtonText, theme.text), (roles.BrightText, theme.bad), (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent), (roles.Link, theme.accent), (roles.ToolTipBase, theme.raised),
        (roles.ToolTipText, theme.text), (roles.PlaceholderText, theme.muted), (roles.Mid, theme.border),
        (roles.Midlight, theme.grid), (roles.Dark, theme.border), (roles.Light, theme.raised),
        (roles.Accent, theme.accent),
    ):  # fmt: skip
        colours.setColor(role, QColor(value))
    faded = QColor(theme.muted)
    faded.setAlpha(150)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        colours.setColor(QPalette.ColorGroup.Disabled, role, faded)
    return colours


def present(height: int) -> None:
    """Presenter mode on a screen of that height in pixels, 0 to leave it; takes effect with the next `apply`."""
    global _screen_height
    _screen_height = height


def contrast(one: QColor, other: QColor) -> float:
    """From 1 to 21, as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@cache
def strengthened(look: Theme) -> Theme:
    """The same look with every word and ink at least `STRONG` against its grounds; hues stay."""
    grounds = [QColor(ground) for ground in (look.window, look.base, look.raised)]
    names = ("text", "muted", "accent", "data", "model", "exact", "good", "warn", "bad")
    inks = {name: _moved_off(getattr(look, name), grounds) for name in names}
    strong = replace(look, series=tuple(_moved_off(ink, grounds) for ink in look.series), **inks)  # type: ignore[arg-type]
    return replace(strong, on_accent=_moved_off(look.on_accent, [QColor(strong.accent)]))


def _moved_off(ink: str, grounds: list[QColor]) -> str:
    """An ink made darker on light grounds, lighter on dark ones, just until it can be read."""
    step = -1 if max(map(_luminance, grounds)) > 0.18 else 1
    first = QColor(ink)
    lightness = first.lightness()
    while min(contrast(QColor(ink), ground) for ground in grounds) < STRONG and 0 < lightness < 255:
        lightness += step
        ink = QColor.fromHsl(first.hslHue(), first.hslSaturation(), lightness).name()
    return ink


def _luminance(colour: QColor) -> float:
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def _rgb(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()


def least_curve() -> float:
    """The least width of a curve in pixels: 0 outside a presentation."""
    return LEAST_CURVE * _screen_height / PROJECTOR


def least_sample() -> float:
    """The least side of a sample's picture in pixels: 0 outside a presentation."""
    return LEAST_SAMPLE * _screen_height / PROJECTOR


def apply(name: Literal["light", "dark"], scale: float = 1.0) -> Theme:
    """Puts a theme and a type scale (1.0 to 2.5) on the running application; every open widget repaints.

    In a presentation the type is at least as large as that asks for, and the colours are stronger.
    """
    global _current
    _current = DARK if name == "dark" else LIGHT
    if _screen_height:
        _current = strengthened(_current)
    app = QApplication.instance()
    assert isinstance(app, QApplication), "the theme needs a QApplication"
    if not app.styleSheet():  # a style sheet wraps the style, so that later calls would only build it again
        app.setStyle("Fusion")
    font = app.font()
    base_size = app.property("base_point_size") or max(font.pointSizeF(), 10.0)
    app.setProperty("base_point_size", base_size)
    scale = max(scale, LEAST_TEXT * _screen_height / PROJECTOR * _points_a_pixel(app) / base_size)
    font.setPointSizeF(base_size * scale)
    app.setFont(font)
    app.setPalette(palette(_current))
    app.setStyleSheet(_stylesheet(_current, base_size * scale))
    for widget in app.allWidgets():
        if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
            # Qt tells nothing to widgets that were never shown, and they would open in the old size
            QApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationFontChange))
            QApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationPaletteChange))
    return _current


def _points_a_pixel(app: QApplication) -> float:
    return 72.0 / app.primaryScreen().logicalDotsPerInchY()


def is_change(event: QEvent) -> bool:
    """Whether a `changeEvent` may mean another theme or type scale: time to redraw what was made for the old one."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


def em(widget: QWidget, count: float = 1.0) -> int:
    """`count` times the widget's letter height in device-independent pixels: the only unit of length here."""
    return max(1, round(widget.fontMetrics().height() * count))


def faded(colour: str, alpha: float) -> QColor:
    """A colour with an opacity between 0 and 1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


def _stylesheet(theme: Theme, point_size: float) -> str:
    """The few shapes that a palette cannot say. Property selectors: `role` names what a widget is for.

    Qt's style sheets know em for lengths but not for font sizes: those are computed from `point_size`.
    """
    return f"""
    QToolTip {{ color: {theme.text}; background: {theme.raised}; border: 1px solid {theme.border}; padding: 0.3em; }}
    QListWidget#rail {{ background: {theme.window}; border: none; outline: none; }}
    QListWidget#rail::item {{ padding: 0.4em 0.6em; border-radius: 0.35em; }}
    QListWidget#rail::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QWidget[role="card"] {{ background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 0.5em; }}
    QLabel[role="title"] {{ font-size: {1.35 * point_size:.2f}pt; font-weight: 600; }}
    QLabel[role="heading"] {{ font-weight: 600; }}
    QLabel[role="caption"] {{ color: {theme.muted}; }}
    QLabel[role="warning"] {{ padding: 0.3em; border: 1px solid {theme.warn}; border-radius: 0.25em; }}
    QPushButton, QToolButton[role="button"] {{
        background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 0.35em; padding: 0.3em 0.8em; }}
    QPushButton:hover, QToolButton[role="button"]:hover {{ border-color: {theme.accent}; }}
    QPushButton:focus, QToolButton[role="button"]:focus {{ border: 2px solid {theme.accent}; }}
    QPushButton:checked {{ border-color: {theme.accent}; color: {theme.accent}; }}
    QPushButton:disabled, QToolButton[role="button"]:disabled {{ color: {theme.muted}; background: {theme.window}; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QTabBar::tab {{
        color: {theme.muted}; background: transparent; padding: 0.2em 0.7em;
        border: 2px solid transparent; border-bottom: 0.15em solid {theme.border}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar::tab:selected {{ color: {theme.text}; background: {theme.raised}; border-bottom-color: {theme.accent}; }}
    QTabBar::tab:selected:focus {{ border-color: {theme.accent}; }}
    QTabWidget::pane {{ border: none; }}
    QProgressBar {{ background: {theme.grid}; border: none; border-radius: 0.2em; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 0.2em; }}
    QPushButton[role="icon"] {{ padding: 0.3em; }}
    QPushButton[role="flat"], QPushButton[role="fold"] {{
        padding: 0.2em; background: transparent; border-color: transparent; }}
    QPushButton[role="flat"]:focus, QPushButton[role="fold"]:focus {{ border-color: {theme.accent}; }}
    QPushButton[role="primary"] {{
        background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent}; font-weight: 600; }}
    QPushButton[role="primary"]:disabled {{
        background: {theme.window}; color: {theme.muted}; border-color: {theme.border}; }}
    """ + (_fields(theme, icon_folder) if icon_folder else "")


def _fields(theme: Theme, folder: Path) -> str:
    """The look of number boxes, lists and check boxes.

    Fusion draws them with an outline that a dark page swallows and with arrows of a fixed size. Once Qt is told
    another outline it draws no arrows of its own: they come from `folder`, in grays that fit both themes.
    """
    image = {name: f'url("{(folder / f"field-{name}.svg").as_posix()}")' for name in ("up", "down", "check")}
    return f"""
    QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QCheckBox::indicator {{
        background: {theme.base}; border: 1px solid {theme.border}; border-radius: 0.25em; }}
    QAbstractSpinBox, QComboBox, QLineEdit {{ padding: 0.15em 0.3em; }}
    QAbstractSpinBox:focus, QComboBox:focus, QLineEdit:focus, QPlainTextEdit:focus, QCheckBox::indicator:focus {{
        border: 2px solid {theme.accent}; }}
    QAbstractSpinBox:disabled, QComboBox:disabled, QLineEdit:disabled, QCheckBox::indicator:disabled {{
        background: {theme.window}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
        subcontrol-origin: border; width: 1.2em; border: none; background: transparent; }}
    QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
    QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
    QComboBox QAbstractItemView {{
        background: {theme.base}; border: 1px solid {theme.border};
        selection-background-color: {theme.accent}; selection-color: {theme.on_accent}; }}
    QComboBox::drop-down {{ width: 1.2em; border: none; background: transparent; }}
    QAbstractSpinBox::up-arrow {{ image: {image["up"]}; width: 0.55em; height: 0.55em; }}
    QAbstractSpinBox::down-arrow, QComboBox::down-arrow {{ image: {image["down"]}; width: 0.55em; height: 0.55em; }}
    QCheckBox::indicator {{ width: 1em; height: 1em; }}
    QCheckBox::indicator:checked {{ image: {image["check"]}; border-color: {theme.accent}; }}
    """
