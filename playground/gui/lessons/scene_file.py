"""Reads a scene's file: a typed header between two lines of three dashes, then the words for the class.

resources/lessons/README.md explains the keys to teachers. Nothing in a file is run; a mistake is one sentence that
names file, line, key and cure.
"""

from pathlib import Path
from typing import NoReturn

from playground.core.errors import PlaygroundError
from playground.gui.lessons import acts
from playground.gui.lessons.acts import Act
from playground.gui.lessons.scene import Live, Question, Scene, Setting, Step

ONCE = (
    "title", "slides", "document", "panel", "run", "view", "ends", "ask", "answer", "formula", "tracks", "minutes",
)  # fmt: skip
REPEATED = ("value", "hidden", "locked", "solution", "shows", "choice", "note")
CHOICES = (2, 4)
LONGEST_MINUTES = 60
_FENCE = "---"
_LONGEST = 100_000  # characters in a scene's file


class SceneError(PlaygroundError):
    """A scene's file makes no sense; says file, line and key."""

    def __init__(self, file: Path, line: int, key: str, trouble: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name}, line {line}, {_short(key, 60)}: {_short(trouble, 400)}.")


def _short(text: str, most: int) -> str:
    """What a stranger's file says may be long; a sentence is not."""
    return text if len(text) <= most else f"{text[:most]} ..."


def read(file: Path) -> Scene:
    """A scene from its file. Raises SceneError."""
    try:
        with file.open(encoding="utf-8") as stream:
            lines = stream.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        raise SceneError(
            file, 1, "file", f"it cannot be read ({type(error).__name__}); save it as UTF-8 text"
        ) from None
    if len(lines) > _LONGEST:
        raise SceneError(file, 1, "file", f"it is longer than {_LONGEST} characters; a scene is one page of text")
    rows = lines.splitlines()
    fences = [number for number, line in enumerate(rows) if line.strip() == _FENCE]
    if len(fences) < 2 or fences[0] != 0:
        raise SceneError(file, 1, "header", f"a scene begins with a header between two lines of {_FENCE}")
    header = _Header(file, fences[1] + 1)
    for number, line in enumerate(rows[1 : fences[1]], start=2):
        header.take(number, line)
    end = fences[2] if len(fences) > 2 else len(rows)
    words, after = rows[fences[1] + 1 : end], rows[end + 1 :]
    return header.scene("\n".join(words).strip(), "\n".join(after).strip())


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
        if key not in ONCE + REPEATED:
            self._refuse(number, key, f"unknown key; known are {', '.join(ONCE + REPEATED)}")
        if not text:
            self._refuse(number, key, "it is empty; write a value or take the line out")
        if key in ONCE and key in self._entries:
            self._refuse(number, key, "it stands here twice; take one line out")
        self._entries.setdefault(key, []).append((number, text))

    def scene(self, text: str, reveal: str) -> Scene:
        """The scene that the lines describe."""
        for key in ("title", "slides", "ends"):
            if key not in self._entries:
                self._refuse(self._last, key, "it is missing; add a line for it")
        if ("document" in self._entries) == ("panel" in self._entries):
            self._refuse(self._last, "panel", "a scene has either a document or a panel; name one of the two")
        if extra := [key for key in ("run", "view", "value") if key in self._entries and "panel" not in self._entries]:
            self._refuse(self._entries[extra[0]][0][0], extra[0], "it needs a panel; a document says it itself")
        if not text:
            self._refuse(self._last, "text", "there are no words below the header; write what to do")
        number, words = self._entries["ends"][0]
        formula, _, spoken = self._word("formula").partition(" | ")
        return Scene(
            self._file,
            title=self._word("title"),
            slides=self._word("slides"),
            ends=self._act(number, "ends", words),
            text=text,
            reveal=reveal,
            document=self._word("document"),
            panel=self._word("panel"),
            run=self._word("run"),
            view=self._word("view"),
            values=tuple(self._setting(*entry, "value") for entry in self._entries.get("value", [])),
            hidden=self._list("hidden"),
            locked=self._list("locked"),
            solution=tuple(self._step(*entry) for entry in self._entries.get("solution", [])),
            shows=tuple(text for _, text in self._entries.get("shows", []) if " | " not in text),
            live=tuple(self._live(*entry) for entry in self._entries.get("shows", []) if " | " in entry[1]),
            question=self._question(),
            formula=formula.strip(),
            spoken=spoken.strip(),
            tracks=self._list("tracks"),
            minutes=self._minutes(),
            note="\n".join(text for _, text in self._entries.get("note", [])),
        )

    def _word(self, key: str) -> str:
        return self._entries[key][0][1] if key in self._entries else ""

    def _list(self, key: str) -> tuple[str, ...]:
        return tuple(word.strip() for _, text in self._entries.get(key, []) for word in text.split(",") if word.strip())

    def _setting(self, number: int, text: str, key: str) -> Setting:
        control, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not control or not value:
            self._refuse(number, key, "a setting is 'ID = VALUE'")
        return (control, acts.plain_value(value))

    def _step(self, number: int, text: str) -> Step:
        kind, _, rest = text.partition(" ")
        if kind == "press":
            if not rest.strip() or len(rest.split()) > 1:
                self._refuse(number, "solution", "a press is 'press ID'")
            return Step("press", rest.strip())
        if kind == "until":
            return Step("until", value=self._act(number, "solution", rest))
        return Step("set", *self._setting(number, text, "solution"))

    def _act(self, number: int, key: str, words: str) -> Act:
        try:
            return acts.parse(words)
        except ValueError as error:
            self._refuse(number, key, str(error))

    def _live(self, number: int, text: str) -> Live:
        name, _, rest = (part.strip() for part in text.partition(" | "))
        words, _, span = (part.strip() for part in rest.rpartition(" | "))
        try:
            low, high = (float(end) for end in span.split(".."))
        except ValueError:
            low, high = 1.0, 0.0
        if not name or not words or not low <= high:
            self._refuse(number, "shows", "a quantity is 'NAME | WORDS | LOW..HIGH', all else an accessible name")
        return Live(name, words, low, high)

    def _question(self) -> Question | None:
        choices = [text for _, text in self._entries.get("choice", [])]
        there = [key for key in ("ask", "choice", "answer") if key in self._entries]
        if not there:
            return None
        for key in ("ask", "choice", "answer"):
            if key not in self._entries:
                self._refuse(
                    self._entries[there[0]][0][0], key, "a question has ask, two to four choices and an answer"
                )
        if not CHOICES[0] <= len(choices) <= CHOICES[1] or len(set(choices)) < len(choices):
            self._refuse(self._entries["choice"][0][0], "choice", "a question has two to four different choices")
        number, answer = self._entries["answer"][0]
        if answer not in choices:
            self._refuse(number, "answer", f"it is none of the choices; those are {', '.join(choices)}")
        return Question(self._word("ask"), tuple(choices), choices.index(answer))

    def _minutes(self) -> float:
        if "minutes" not in self._entries:
            return 0.0
        number, text = self._entries["minutes"][0]
        minutes = acts.plain_value(text)
        if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= LONGEST_MINUTES:
            self._refuse(number, "minutes", f"it is a number above 0 and up to {LONGEST_MINUTES}")
        return float(minutes)

    def _refuse(self, number: int, key: str, trouble: str) -> NoReturn:
        raise SceneError(self._file, number, key, trouble)
