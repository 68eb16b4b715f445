"""All lessons there are, read once: bundled ones and those in the person's own folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.gui.lessons.scene import Scene
from playground.gui.lessons.scene_file import SceneError, read


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        name: its folder's.
        scenes: in the order of the slides.
        broken: a sentence for each file that makes no sense.
    """

    name: str
    scenes: tuple[Scene, ...]
    broken: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name to read."""
        return self.name.replace("-", " ").replace("_", " ").capitalize()


def load(folders: Mapping[str, Path]) -> tuple[Lesson, ...]:
    """Reads every scene of these lessons; a file that makes no sense becomes a sentence and spoils nothing else."""
    return tuple(_lesson(name, folder) for name, folder in folders.items())


def _lesson(name: str, folder: Path) -> Lesson:
    scenes, broken = [], []
    for file in sorted(folder.glob("*.md")):
        try:
            scenes.append(read(file))
        except SceneError as error:
            broken.append(str(error))
    return Lesson(name, tuple(sorted(scenes, key=Scene.place)), tuple(broken))
