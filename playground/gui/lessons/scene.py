"""A scene's file: a typed header between two lines of three dashes, then the words for the class.

    ---
    title: Maximum likelihood is minimum KL
    slides: 19-25
    panel: gaussian                              # or `document: FILE.json` beside the scene, instead of these four
    run: gaussian-bumps
    view: Inside
    value: gaussian.inside.line.mean = -150           # one line a control
    hidden: gaussian.loss, gaussian.transport
    locked: gaussian.data
    live: gaussian.inside.line.kl | KL to the data, nats | 0.6..0.65
    ends: live gaussian.inside.line.kl < 0.65
    solution: gaussian.inside.line.mean = -1          # what "Show me" does; one line a step, in order
    ---
    Two to five short sentences in Markdown. [A link](#gaussian.inside.line.mean) points at a control.

`live` names a reading of the page, says what it is, and where it should be once the scene has ended.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from playground.core.errors import PlaygroundError
from playground.gui.lessons import acts
from playground.gui.lessons.acts import Act

Setting = tuple[str, Any]  # a control's id and its value
_ONCE = ("title", "slides", "document", "panel", "run", "view", "hidden", "locked", "ends")
_REPEATED = ("value", "live", "solution")
_LONGEST = 100_000  # characters in a scene's file


class SceneError(PlaygroundError):
    """A scene's file makes no sense; says file, line and key."""

    def __init__(self, file: Path, line: int, key: str, trouble: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name}, line {line}, {key}: {trouble}.")


@dataclass(frozen=True)
class Live:
    """A quantity shown while the scene is on: a reading of the page, and where it should be at the end."""

    name: str
    words: str
    low: float
    high: float

    def fits(self, value: float) -> bool:
        """Whether a value lies in the range, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Scene:
    """One scene.

    Attributes:
        file: where it was read; `name` and `lesson` come from it.
        document: the Document's file beside it, or "" where the next four say what to open.
        panel, run, view, values: the family, its run ("" for the default one), its view and its controls.
        hidden, locked: ids of controls.
        ends: the act that ends it.
        solution: controls to set, one after the other, that end it: "Show me", the tour and the tests play them.
        live: what is watched.
        text: Markdown.
    """

    file: Path
    title: str
    slides: str
    ends: Act
    text: str
    document: str = ""
    panel: str = ""
    run: str = ""
    view: str = ""
    values: tuple[Setting, ...] = ()
    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    solution: tuple[Setting, ...] = ()
    live: tuple[Live, ...] = ()

    @property
    def name(self) -> str:
        """Of the scene: its file's."""
        return self.file.stem

    @property
    def key(self) -> str:
        """The name under which progress is kept: "lesson/scene"."""
        return f"{self.file.parent.name}/{self.file.stem}"

    def links(self) -> tuple[str, ...]:
        """The ids of controls that the text points at."""
        return tuple(re.findall(r"\]\(#([^)\s]+)\)", self.text))

    def place(self) -> tuple[float, str]:
        """Its place in the lecture: by first slide, then by name."""
        first = re.match(r"\d+", self.slides)
        return (float(first.group()) if first else float("inf"), self.name)


def read(file: Path) -> Scene:
    """A scene from its file. Raises SceneError."""
    try:
        lines = file.read_text(encoding="utf-8")[:_LONGEST].splitlines()
    except (OSError, ValueError) as error:
        raise SceneError(file, 1, "file", f"it cannot be read ({type(error).__name__})") from None
    fences = [number for number, line in enumerate(lines) if line.strip() == "---"]
    if len(fences) < 2 or fences[0] != 0:
        raise SceneError(file, 1, "header", "a scene begins with a header between two lines of ---")
    header = _Header(file, fences[1] + 1)
    for number, line in enumerate(lines[1 : fences[1]], start=2):
        header.take(number, line)
    return header.scene("\n".join(lines[fences[1] + 1 :]).strip())


class _Header:
    """The header's lines by key, with their numbers, until they are all there."""

    def __init__(self, file: Path, last: int) -> None:
        self._file, self._last = file, last
        self._entries: dict[str, list[tuple[int, str]]] = {}

    def take(self, number: int, line: str) -> None:
        """One line; blank ones and those that begin with # say nothing."""
        if not line.strip() or line.lstrip().startswith("#"):
            return
        key, colon, text = (part.strip() for part in line.partition(":"))
        if not colon:
            self._refuse(number, key, "a line is 'key: value'")
        if key not in _ONCE + _REPEATED:
            self._refuse(number, key, f"unknown key; known are {', '.join(_ONCE + _REPEATED)}")
        if not text:
            self._refuse(number, key, "it is empty")
        if key in _ONCE and key in self._entries:
            self._refuse(number, key, "it stands here twice")
        self._entries.setdefault(key, []).append((number, text))

    def scene(self, text: str) -> Scene:
        """The scene that the lines describe."""
        for key in ("title", "slides", "ends"):
            if key not in self._entries:
                self._refuse(self._last, key, "it is missing")
        if ("document" in self._entries) == ("panel" in self._entries):
            self._refuse(self._last, "panel", "a scene has either a document or a panel")
        if extra := [key for key in ("run", "view", "value") if key in self._entries and "panel" not in self._entries]:
            self._refuse(self._entries[extra[0]][0][0], extra[0], "it needs a panel; a document says it itself")
        if not text:
            self._refuse(self._last, "text", "there are no words below the header")
        number, act = self._entries["ends"][0]
        try:
            ends = acts.parse(act)
        except ValueError as error:
            self._refuse(number, "ends", str(error))
        words = {key: self._entries[key][0][1] for key in ("title", "slides")}
        places = {key: self._entries[key][0][1] for key in ("document", "panel", "run", "view") if key in self._entries}
        return Scene(
            self._file, ends=ends, text=text, **words, **places,
            values=self._settings("value"), solution=self._settings("solution"),
            hidden=self._ids("hidden"), locked=self._ids("locked"), live=self._live(),
        )  # fmt: skip

    def _ids(self, key: str) -> tuple[str, ...]:
        return tuple(word.strip() for _, text in self._entries.get(key, []) for word in text.split(",") if word.strip())

    def _settings(self, key: str) -> tuple[Setting, ...]:
        settings = []
        for number, text in self._entries.get(key, []):
            control, sign, value = (part.strip() for part in text.partition("="))
            if not sign or not control or not value:
                self._refuse(number, key, "a setting is 'ID = VALUE'")
            settings.append((control, acts.plain_value(value)))
        return tuple(settings)

    def _live(self) -> tuple[Live, ...]:
        found = []
        for number, text in self._entries.get("live", []):
            name, _, rest = (part.strip() for part in text.partition(" | "))
            words, _, span = (part.strip() for part in rest.rpartition(" | "))
            try:
                low, high = (float(end) for end in span.split(".."))
            except ValueError:
                low, high = 1.0, 0.0
            if not name or not words or not low <= high:
                self._refuse(number, "live", "a quantity is 'NAME | WORDS | LOW..HIGH'")
            found.append(Live(name, words, low, high))
        return tuple(found)

    def _refuse(self, number: int, key: str, trouble: str) -> NoReturn:
        raise SceneError(self._file, number, key, trouble)
