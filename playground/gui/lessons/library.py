"""All lessons there are: bundled ones and those in the person's own folder."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.core.errors import PlaygroundError
from playground.gui.lessons.scene import Scene
from playground.gui.lessons.scene_file import SceneError, read

GUIDE = "README.md"  # beside the scenes, for who writes them


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        name: its folder's.
        folder: where it stands.
        scenes: in the order of the slides.
        broken: a sentence for each file that makes no sense.
    """

    name: str
    folder: Path
    scenes: tuple[Scene, ...]
    broken: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name to read."""
        return self.name.replace("-", " ").replace("_", " ").capitalize()

    def tracks(self) -> tuple[str, ...]:
        """The shorter ways through it."""
        return tuple(dict.fromkeys(track for scene in self.scenes for track in scene.tracks))

    def along(self, track: str) -> tuple[Scene, ...]:
        """The scenes of a track; all of them for ""."""
        return tuple(scene for scene in self.scenes if not track or track in scene.tracks)


def load(folders: Mapping[str, Path]) -> tuple[Lesson, ...]:
    """Reads every scene of these lessons; a file that makes no sense becomes a sentence and spoils nothing else."""
    return tuple(_lesson(name, folder) for name, folder in folders.items())


def copy(lesson: Lesson, place: Path) -> Path:
    """Copies a lesson's files into a new folder below `place`, to be changed there; returns it.

    Raises PlaygroundError where that cannot be written.
    """
    names = (f"my-{lesson.name}" + (f"-{count}" if count > 1 else "") for count in range(1, 1000))
    target = next(folder for name in names if not (folder := place / name).exists())
    try:
        target.mkdir(parents=True)
        for file in sorted(lesson.folder.iterdir()):
            if file.is_file():
                shutil.copyfile(file, target / file.name)
        guide = lesson.folder.parent / GUIDE
        if guide.is_file():
            shutil.copyfile(guide, place / GUIDE)
    except OSError as error:
        raise PlaygroundError(f"The lesson could not be copied to {target} ({error.strerror}).") from error
    return target


def _lesson(name: str, folder: Path) -> Lesson:
    scenes, broken = [], []
    for file in sorted(folder.glob("*.md")):
        if file.name == GUIDE:
            continue
        try:
            scenes.append(read(file))
        except SceneError as error:
            broken.append(str(error))
    return Lesson(name, folder, tuple(sorted(scenes, key=Scene.place)), tuple(broken))
