"""Python's cyclic garbage is collected in the window's own thread, between events, and nowhere else.

Left to itself the collector runs in whichever thread happens to allocate. A widget that it frees in a worker's thread,
or in the middle of Qt's walk over all widgets when the style changes, ends the process with a segmentation fault.
"""

import gc

from PySide6.QtCore import QObject, QTimerEvent
from PySide6.QtWidgets import QApplication

EVERY = 1000  # milliseconds


class Collector(QObject):
    """Takes the place of automatic collection for as long as the application lives."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("collector")
        gc.disable()
        self.startTimer(EVERY)

    def timerEvent(self, event: QTimerEvent) -> None:
        """Collects what is due, the oldest generation seldom: the rule that Python itself goes by."""
        due = [
            i for i, (count, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)) if count > most
        ]
        if due:
            gc.collect(max(due))
