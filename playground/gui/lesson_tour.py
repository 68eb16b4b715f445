"""Plays every scene of a lesson in the real window, offscreen: pictures as it begins and when it is done, a handout."""

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from playground.core.errors import PlaygroundError, unknown
from playground.gui.lessons.handout import Handout
from playground.gui.main_window import MainWindow

Wait = Callable[[Callable[[], bool], str], None]


def play(window: MainWindow, lesson: str, out: Path, theme_name: str, wait: Wait) -> Iterator[Path]:
    """Saves ``<lesson>-<scene>-<theme>.png`` and, where the scene has a solution, ``...<theme>.done.png``; then all on
    paper, ``<lesson>.pdf``.

    Raises UsageError for a lesson that does not exist, PlaygroundError for a scene that makes no sense or does not end.
    """
    player = window.lessons
    found = [each for each in player.lessons if each.name == lesson]
    if not found:
        raise unknown("lesson", lesson, [each.name for each in player.lessons])
    if found[0].broken:
        raise PlaygroundError(found[0].broken[0])
    handout = Handout(found[0].title)
    for scene in found[0].scenes:
        player.open(scene)
        wait(lambda: player.is_ready, f"the scene {scene.key} to begin")
        stem = f"{lesson}-{scene.name}-{theme_name}"
        _rest(window)
        yield _picture(window, out / f"{stem}.png")
        handout.begin(scene, player.quantities(), _stage(window))
        if scene.solution:
            player.show_solution(at_once=True)
            wait(lambda: player.is_done, f"the scene {scene.key} to end by its solution")
            page = window.page
            wait(lambda page=page: page is None or page.is_settled(), f"the end of {scene.key}")  # type: ignore[misc]
            _rest(window)
            yield _picture(window, out / f"{stem}.done.png")
            handout.end(scene, player.quantities(), _stage(window))
    player.leave()
    handout.write(out / f"{lesson}.pdf")
    yield out / f"{lesson}.pdf"


def _rest(window: MainWindow) -> None:
    """The scene says what the stage shows by now, and its words have the room that they need."""
    window.lessons.look()
    for _ in range(2):  # the sizes of outer layouts, then of inner ones
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def _stage(window: MainWindow) -> QImage:
    """What a scene shows, without the words about it."""
    assert window.page is not None
    return window.page.grab().toImage()


def _picture(window: MainWindow, path: Path) -> Path:
    if not window.grab().save(str(path)):
        raise PlaygroundError(f"{path} could not be written.")
    return path
