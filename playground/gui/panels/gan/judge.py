"""Play the discriminator: real or fake? D answers the same items."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import button
from playground.gui.panels.gan.game import Game
from playground.gui.panels.gan.parts import NO_GAME, Threshold, verdict
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.scatter_view import ScatterView

ITEMS = 20
BATCH = 200  # of either kind, from which the items are dealt


class JudgeLens(Lens):
    """One item after another; each answer is told at once, and both scores count the same items.

    Signals:
        judged: (words) what D says of samples and of real data on average, for the drawing; "" when it is not seen.
    """

    judged = Signal(str)
    key = "judge"
    title = "You against D"
    tooltip = "Say of each item whether it is real or made, and see whether you beat the trained discriminator"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.game: Game | None = None
        self._round = 0
        self._threshold, self._caught = "", 0.0
        self._told = False  # the item on show is answered, and waits for the next one
        self.says_real = button("Real (R)", f"{name}.real", "You think that this is real data (key: R)")
        self.says_fake = button("Fake (F)", f"{name}.fake", "You think that the generator made this (key: F)")
        self.next_button = button("Next (N)", f"{name}.next", "The next item (key: N)")
        self.again = button("New game", f"{name}.again", "Other items: the model as it is now, other real data")
        self.question = QLabel()
        self.question.setObjectName(f"{name}.question")
        self.question.setProperty("role", "title")
        self.question.setWordWrap(True)
        self.score = QLabel()
        self.score.setObjectName(f"{name}.score")
        self.image, self.plane = ImageGrid(f"{name}.image"), ScatterView(f"{name}.plane")
        self.plane.show_legend(False)
        self.words = caption(f"{name}.words")
        self._lay_out()
        self.says_real.clicked.connect(lambda: self._answer(True))
        self.says_fake.clicked.connect(lambda: self._answer(False))
        self.next_button.clicked.connect(self._next)
        self.again.clicked.connect(self._deal)

    # -- a game -------------------------------------------------------------------------------------------------------

    def start(self, facts: Mapping[str, Any]) -> None:
        self.game, self._told = None, False
        points = facts["kind"] == "points"
        self._stack.setCurrentWidget(self.plane if points else self.image)
        self.image.clear()
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])
            self.plane.set_points("real data", facts["data"]["examples"], "data")
        self._show()

    def refresh(self) -> None:
        """A game under way goes on with its own items, whatever the model learns meanwhile."""
        assert self.experiment is not None
        self.picture("x", self.facts["test"][0])
        if self.experiment.settings().get("objective") == "L2":
            self.question.setText("Nobody to play against.")
            self.words.setText(NO_GAME)
        elif self.game is None:
            self._deal()

    def _deal(self) -> None:
        self._round += 1
        test = self.facts["test"]
        first = (self._round - 1) * BATCH % max(len(test) - BATCH, 1)
        x = test[first : first + BATCH]
        label = self.facts["test_labels"][first : first + BATCH] if self.facts["conditional"] else None
        self.ask("round", "round", self._round, x=x, label=label)

    def answered(self, answer: Answer) -> None:
        found, x = answer.arrays, answer.query.arguments["x"]
        threshold = Threshold.of(found["real"], found["fake"], bool(found["is_share"]))
        made = found["made"] if self.is_points else found["made"].clip(0, 1)
        self.game = Game.dealt(x, made, found["real"], found["fake"], threshold.at, ITEMS, self._round)  # type: ignore[arg-type]
        self._threshold, self._told = threshold.words, False
        self._caught = threshold.right(found["real"], found["fake"])
        self.picture("sample", made[0])
        self.judged.emit(verdict(found["real"], found["fake"], bool(found["is_share"])))
        self._show()
        if self.isVisible():
            self.setFocus()

    def _answer(self, says_real: bool) -> None:
        if self.game is None or self._told or self.game.is_over:
            return
        place = self.game.place
        is_right = self.game.answer(says_real)
        self._told = True
        truth = "real" if self.game.is_real[place] else "fake"
        machine = "real" if self.game.machine_says_real(place) else "fake"
        self.question.setText(f"{'Right' if is_right else 'No'}: it is {truth}. D said {machine}.")
        self._allow()

    def _next(self) -> None:
        if self._told and self.game is not None and not self.game.is_over:
            self._told = False
            self._show()

    def readings(self) -> Mapping[str, float]:
        """Both scores, how many items are answered, and the share that D gets right of all that it was shown."""
        if self.game is None:
            return {}
        you, machine = self.game.right()
        return {"right": you, "machine": machine, "answered": len(self.game.answers), "caught": self._caught}

    # -- what is on show ----------------------------------------------------------------------------------------------

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.judged.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """R and F answer, N goes on."""
        pressed = {"R": self.says_real, "F": self.says_fake, "N": self.next_button}.get(event.text().upper())
        if pressed is not None and pressed.isEnabled():
            pressed.click()
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        """The item under question."""
        if self.game is None:
            self.question.setText("Drawing ...")
            self.words.setText("")
        else:
            item = self.game.items[self.game.place]
            if self.is_points:
                self.plane.set_points("item", item[None], "exact")
            else:
                self.image.set_images(item[None])
            self.question.setText(f"Item {self.game.place + 1} of {len(self.game.items)}: real or fake?")
            kind = "The large cross, among training data, is" if self.is_points else "The picture is"
            self.words.setText(
                f"{kind} held-out data or made, as likely either. D says real above {self._threshold}. "
                f"It sees {BATCH} of a kind at once."
            )
        self._allow()

    def _allow(self) -> None:
        asks = self.game is not None and not self._told and not self.game.is_over
        for each in (self.says_real, self.says_fake):
            each.setEnabled(asks)
        self.next_button.setEnabled(self._told and self.game is not None and not self.game.is_over)
        if self.game is None or not self.game.answers:
            self.score.setText("No answer yet")
            return
        you, machine = self.game.right()
        done = len(self.game.answers)
        self.score.setText(f"You {you} of {done}  ·  D {machine} of {done}")
        if self.game.is_over:
            result = "You win." if you > machine else "D wins." if machine > you else "A draw."
            self.score.setText(f"{self.score.text()}  ·  {result}")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.question, 1)
        head.addWidget(self.score)
        row = QHBoxLayout()
        row.setSpacing(theme.em(self, 0.5))
        for each in (self.says_real, self.says_fake, self.next_button):
            row.addWidget(each)
        row.addStretch(1)
        row.addWidget(self.again)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.image)
        self._stack.addWidget(self.plane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.em(self, 0.3), 0, 0)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        layout.addLayout(row)
        layout.addWidget(self.words)
