"""The speaker's own window: the note on the scene, the time, and what comes next. The class does not see it."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground.gui.lessons.player import Player
from playground.gui.widgets import theme

SECOND = 1000  # milliseconds


class Speaker(QWidget):
    """Follows a player; stands on a second screen where there is one."""

    def __init__(self, player: Player, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Window)
        self.setObjectName("speaker")
        self.setWindowTitle("Speaker's notes")
        self._player, self._main = player, window
        self._title, self._note, self._next, self._clock = (QLabel() for _ in range(4))
        for label, name, role in (
            (self._clock, "speaker.clock", "title"),
            (self._title, "speaker.title", "heading"),
            (self._note, "speaker.note", ""),
            (self._next, "speaker.next", "caption"),
        ):
            label.setObjectName(name)
            label.setProperty("role", role)
            label.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.addWidget(self._clock)
        layout.addWidget(self._title)
        layout.addWidget(self._note, 1)
        layout.addWidget(self._next)
        self._timer = QTimer(self)
        self._timer.setInterval(SECOND)
        self._timer.timeout.connect(self.show_time)
        player.changed.connect(self.show_scene)
        self.resize(theme.em(self, 32), theme.em(self, 18))

    def show_scene(self) -> None:
        """The scene that is on."""
        scene, after = self._player.scene, self._player.upcoming()
        self._title.setText(f"{scene.title}  ·  {scene.slide_words}" if scene else "No scene is on.")
        self._note.setText((scene.note or "No note.") if scene else "")
        self._next.setText(
            f"Next: {after.title}" if after else "Next: nothing, this is the last scene." if scene else ""
        )
        self.show_time()

    def show_time(self) -> None:
        """Since the lesson began, beside what was planned until the end of this scene."""
        planned = self._player.planned_minutes()
        plan = f"  ·  this scene until {_clock(60 * planned)}" if planned else ""
        self._clock.setText(f"{_clock(self._player.seconds())}{plan}")

    def showEvent(self, event: QShowEvent) -> None:
        others = [screen for screen in QGuiApplication.screens() if screen is not self._main.screen()]
        if others:
            self.move(others[0].availableGeometry().topLeft())
        self.show_scene()
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
