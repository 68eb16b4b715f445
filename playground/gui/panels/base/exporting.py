"""What a panel writes to files and copies: samples and curves of its stored run, and what is on show as a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QIODevice, QMimeData, QObject, QSaveFile
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QTabWidget, QWidget

from playground.core.records import CurveOrder, Exported, Query, SampleOrder
from playground.gui.panels.base.page import Page
from playground.gui.session import TrainingSession
from playground.gui.widgets.message_bar import Level

SAMPLE_KINDS = {"Picture (*.png)": ".png", "Animation of the sampler's steps (*.gif)": ".gif", "Array (*.npz)": ".npz"}
CURVE_KINDS = {"Table (*.csv)": ".csv", "Picture (*.png)": ".png"}
UNASKED = Query("", "sample", {"n": 64})  # where no view has shown samples yet


class Exporting(QObject):
    """Asks where to, hands the work to the session, and says on the page what came of it."""

    def __init__(self, session: TrainingSession, loss: QWidget, views: QTabWidget, page: Page) -> None:
        super().__init__(page)
        self._page = page
        self._session = session
        self._loss, self._views = loss, views
        session.written.connect(self._written)

    def samples(self) -> None:
        """Asks for a file and writes the samples on show, or where none are those that a view showed last, as
        ``playground sample`` would."""
        views: list[Any] = [self._views.currentWidget(), *map(self._views.widget, range(self._views.count()))]
        query: Query = next((view.sampled for view in views if view.sampled), UNASKED)
        if self._is_stored() and (path := self._ask_for("Export samples", "samples", SAMPLE_KINDS)):
            facts = self._session.facts
            label = words_for(query.arguments.get("label"), facts)
            settings: Any = query.arguments.get("settings") or {}
            count: Any = query.arguments["n"]
            self._page.busy_changed.emit("Writing samples ...")
            self._session.export(SampleOrder(self._run(), path, count, query.seed, settings, label, self._step()))

    def curves(self) -> None:
        """Asks for a file and writes the loss curves: as a table all their numbers, as a picture what is on show."""
        if not self._is_stored():
            return
        path = self._ask_for("Export curves", "curves", CURVE_KINDS)
        if path.lower().endswith(".png"):
            self._write_picture(self._loss.grab(), path)
        elif path:
            self._page.busy_changed.emit("Writing curves ...")
            self._session.export(CurveOrder(self._run(), path))

    def copy_curves(self) -> None:
        """Puts the curves onto the clipboard: for a table all their numbers, for a text the picture."""
        if self._is_stored():
            self._session.export(CurveOrder(self._run()))

    def copy_picture(self) -> None:
        """Puts a picture of the view on the stage onto the clipboard."""
        QGuiApplication.clipboard().setPixmap(self._views.currentWidget().grab())
        title = self._views.tabText(self._views.currentIndex())
        self._say("good", f"A picture of the view {title} is in the clipboard.")

    # -- what there is to write ---------------------------------------------------------------------------------------

    def _is_stored(self) -> bool:
        stored = self._session.has_run(self._session.run)
        if not stored:
            self._say("warn", "Nothing of this run is stored yet, so nothing can be exported: train it first.")
        return stored

    def _run(self) -> str:
        return self._session.run

    def _step(self) -> int | None:
        """The step on show, by its number where the run may still go on: the command then means the same later."""
        session = self._session
        now = session.stored.steps[-1] if session.stored.steps and session.can_train else None
        return now if session.visiting is None else session.visiting

    # -- where to, and what came of it --------------------------------------------------------------------------------

    def _ask_for(self, title: str, name: str, kinds: Mapping[str, str]) -> str:
        """The chosen file, with the suffix of its kind where none was typed; "" for none."""
        start = name + next(iter(kinds.values()))
        path, kind = QFileDialog.getSaveFileName(self._page, title, start, ";;".join(kinds))
        return path + kinds.get(kind, "") if path and not Path(path).suffix else path

    def _write_picture(self, picture: QPixmap, path: str) -> None:
        file = QSaveFile(path)  # whole or not at all
        done = file.open(QIODevice.OpenModeFlag.WriteOnly) and picture.save(file, "PNG") and file.commit()
        if done:
            self._say("good", f"Wrote a picture of the curves to {path}.")
        else:
            self._say("bad", f"{path} was not written: {file.errorString()}. Choose another place.")

    def _say(self, level: Level, sentence: str, details: str = "") -> None:
        self._page.messages.show_message(level, sentence, details)

    def _written(self, done: Exported) -> None:
        self._page.busy_changed.emit("")
        if done.failed:
            self._say("bad", done.message, done.details)
            return
        if isinstance(done.order, CurveOrder) and not done.order.path:
            content = QMimeData()
            content.setText(done.text.replace(",", "\t"))  # cells, where it is pasted into a table
            content.setImageData(self._loss.grab().toImage())
            QGuiApplication.clipboard().setMimeData(content)
        self._say("good", done.message, done.details)


def words_for(label: object, facts: Mapping[str, Any]) -> str | None:
    """Labels (n, F) as the command line says them; None for each class in turn, or for none asked for."""
    if not isinstance(label, np.ndarray) or (label != label[:1]).any():
        return None
    named = [f"{name}={values[index]}" for (name, values), index in zip(facts["factors"], label[0], strict=True)
             if index >= 0]  # fmt: skip
    return ",".join(named) or "none"
