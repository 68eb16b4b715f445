"""A form made from declared settings: one row each, the seldom ones folded away."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.field_row import FieldRow, FieldSpec, Value

LABELS = 8  # em at most; longer ones take two lines
LONG = 16  # letters of a choice, beyond which its box has a line of its own

__all__ = ["FieldSpec", "HyperparamForm", "Value"]


class HyperparamForm(QWidget):
    """Edits a set of named values.

    A value that differs from its default has a bold label; a double click on the label, its menu, or Alt+Home in the
    editor goes back.

    Signals:
        value_changed(str, object): a person changed the value of that name.
    """

    value_changed = Signal(str, object)

    def __init__(
        self,
        fields: Sequence[FieldSpec],
        *,
        id_prefix: str,
        most: int | None = None,
        fold: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """`fields` in the order shown; the editor of `lr` gets the object name `<id_prefix>.lr`.

        Under More stand the seldom ones and, where there are more than `most`, the last of the others. Without `fold`
        all are seen.
        """
        super().__init__(parent)
        self.setObjectName(f"{id_prefix}.form")
        self._rows: dict[str, FieldRow] = {}
        self._grids: list[QGridLayout] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        often = [field for field in fields if not field.more or not fold]
        seen = often[:most] if fold else often
        seldom = [field for field in fields if field not in seen]
        layout.addWidget(self._page(seen, id_prefix))
        if seldom:
            layout.addWidget(Collapsible(self._page(seldom, id_prefix), id_prefix=id_prefix))
        self._rows = {field.name: self._rows[field.name] for field in fields}
        self._align()

    def restart(self, fields: Sequence[FieldSpec]) -> bool:
        """Back to how a form of these fields begins; False where this is one of others.

        A new form would cost memory for good: Qt's style sheets keep something of each number box that they ever drew.
        """
        if [row.spec for row in self._rows.values()] != list(fields):
            return False
        for row in self._rows.values():
            row.set_default(row.spec.default)
            row.set_value(row.spec.default)
            row.set_warning("")
            row.set_fixed(False)
        return True

    def values(self) -> dict[str, Value]:
        """All values by name, in the order of the fields."""
        return {name: row.value() for name, row in self._rows.items()}

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Shows some values, without a signal. Raises KeyError for a wrong name, ValueError for a wrong choice."""
        for name, value in values.items():
            self._rows[name].set_value(value)

    def set_defaults(self, defaults: Mapping[str, Value]) -> None:
        """Says what counts as default from now on; the values shown stay. Raises KeyError for an unknown name."""
        for name, value in defaults.items():
            self._rows[name].set_default(value)

    def set_warnings(self, warnings: Mapping[str, str]) -> None:
        """Says beside some fields why their values are known not to work, and of no other."""
        for name, row in self._rows.items():
            row.set_warning(warnings.get(name, ""))

    def changed(self) -> dict[str, Value]:
        """The values that differ from their defaults."""
        return {name: row.value() for name, row in self._rows.items() if row.is_changed()}

    def reset(self) -> None:
        """Takes every value that may change now back to its default, with a signal each."""
        for row in self._rows.values():
            row.reset()

    def set_running(self, running: bool) -> None:
        """Fixes what cannot change while training runs."""
        for row in self._rows.values():
            row.set_fixed(running and not row.spec.live)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._align()

    def _page(self, fields: Sequence[FieldSpec], id_prefix: str) -> QWidget:
        page = QWidget(self)
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for index, field in enumerate(fields):
            row = FieldRow(field, id_prefix=id_prefix, parent=page)
            row.edited.connect(self.value_changed)
            apart = any(len(choice) > LONG for choice in field.choices)
            grid.addWidget(row.label, 3 * index, 0, 1, 1 + apart, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(row.editor, 3 * index + apart, 1 - apart, 1, 1 + apart)
            grid.addWidget(row.warning, 3 * index + 2, 0, 1, 2)
            self._rows[field.name] = row
        self._grids.append(grid)
        return page

    def align_with(self, grid: QGridLayout) -> None:
        """Lets the labels in the first column of another grid be as wide as these, so that all editors are in line."""
        self._grids.append(grid)
        self._align()

    def _align(self) -> None:
        """All pages share one label column, wide enough for every label in bold as far as `LABELS` goes."""
        font = self.font()
        font.setBold(True)
        bold = QFontMetrics(font)
        labels = [label for grid in self._grids for label in _labels(grid)]
        widest = max((bold.horizontalAdvance(label.text()) for label in labels), default=0)
        for grid in self._grids:
            grid.setColumnMinimumWidth(0, min(widest, theme.em(self, LABELS)))
            grid.setHorizontalSpacing(theme.em(self, 0.6))
            grid.setVerticalSpacing(theme.em(self, 0.3))


def _labels(grid: QGridLayout) -> list[QLabel]:
    """What stands in the first column."""
    items = (grid.itemAtPosition(row, 0) for row in range(grid.rowCount()))
    widgets = [item.widget() for item in items if item is not None]
    return [widget for widget in widgets if isinstance(widget, QLabel) and not widget.property("role")]
