"""What stands on the stage: a family's panel, or a page of its own such as the comparison."""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from playground.gui.document import ViewState
from playground.gui.panels.base.asker import Asker
from playground.gui.panels.base.presenting import Presenting
from playground.gui.session import TrainingSession
from playground.gui.widgets import controls
from playground.gui.widgets.controls import Value
from playground.gui.widgets.message_bar import MessageBar
from playground.gui.widgets.step_scrubber import StepScrubber


class Page(QWidget):
    """One page of the window. What it shows can be captured and restored by the ids of its controls alone.

    Signals:
        busy_changed: a few words on what goes on in the background, or "".
        page_wanted: the name of another page that a person asked for.
        failure_wanted: a `Failure` of the gallery, to be seen and mended in its family's panel.
        comparison_wanted: (data, families, settings of the data) to open the page of comparisons with.

    Attributes:
        name: of the page, in front of all its ids.
        presenting: what gives way in a presentation, where anything does.
        messages: where it says what happened; the subclass places it.
    """

    busy_changed = Signal(str)
    page_wanted = Signal(str)
    failure_wanted = Signal(object)
    comparison_wanted = Signal(str, list, dict)
    kept = Signal(object)
    sent = Signal(object, str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.setObjectName(name)
        self.messages = MessageBar(id_prefix=name)
        self.presenting: Presenting | None = None
        self._pending: dict[str, Value] = {}  # values of a restored state that no control could take yet

    @property
    def askers(self) -> Sequence[Asker]:
        """Its parts that ask a session."""
        return ()

    @property
    def data_name(self) -> str:
        """Of the data set that it shows, or ""."""
        return ""

    def show_stored(self) -> None:
        """What can be seen before torch is there."""

    def open_default(self) -> None:
        """Opens what this page shows of itself."""

    def sessions(self) -> Sequence[TrainingSession]:
        """Its live runs; the window closes them."""
        return ()

    def stepper(self) -> StepScrubber | None:
        """What the sampler's shortcuts work on just now."""
        return None

    def is_settled(self) -> bool:
        """Whether everything asked for is on show."""
        return True

    def readings(self) -> Mapping[str, float]:
        """Numbers that it shows just now, by name ("vae.latent.distance"), for the scenes of a lesson."""
        return {f"{asker.objectName()}.{key}": n for asker in self.askers for key, n in asker.readings().items()}

    def set_presenting(self, on: bool, needed: Collection[str] = ()) -> None:
        """In a presentation all that is not the stage gives way, except where a control in it is needed."""
        if self.presenting is not None:
            self.presenting.set(on, needed)

    # -- state --------------------------------------------------------------------------------------------------------

    def capture(self) -> ViewState:
        """What the page shows. A restored value that still waits for its control counts as shown."""
        return ViewState(self.name, values={**controls.values(self), **self._pending})

    def restore(self, state: ViewState) -> None:
        """Shows a state; what depends on answers follows as they come."""
        self._pending = dict(state.values)
        self.settle_values()

    def settle_values(self) -> None:
        """Gives restored values to the controls that can take them by now; call it when more may be there."""
        if not self._pending:
            return
        there = controls.find(self)
        for name, wanted in list(self._pending.items()):
            if name not in there:
                continue
            if hasattr(there[name], "set_control_value") or controls.value(there[name]) != wanted:
                try:
                    controls.set_value(there[name], wanted)
                except ValueError:
                    continue  # its model or its frames are not there yet
            self._pending.pop(name, None)

    def unsettled(self) -> list[str]:
        """Controls on show that could not take their restored value yet."""
        there = controls.find(self)
        return [name for name in self._pending if name in there and there[name].isVisible()]
