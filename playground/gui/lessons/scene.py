"""One scene of a lesson, as its file says it; `scene_file` reads it, and resources/lessons/README.md explains it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.gui.lessons.acts import Act

Setting = tuple[str, Any]  # a control's id and its value
GLOSSARY = "glossary:"  # in front of a term, where a link of the text leads to the glossary
SLIDE = "slide:"  # in front of a slide, where a link leads to its scene


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
class Question:
    """What a person is to predict before the scene shows it.

    Attributes:
        text: one question.
        choices: two to four answers.
        answer: the place of the right one.
    """

    text: str
    choices: tuple[str, ...]
    answer: int


@dataclass(frozen=True)
class Step:
    """One step of "Show me".

    Attributes:
        kind: "set" a control to a value, "press" a button, or wait "until" an act has happened.
        name: the control's id; "" for "until".
        value: what it is set to, or the act.
    """

    kind: str
    name: str = ""
    value: Any = None


@dataclass(frozen=True)
class Scene:
    """One scene.

    Attributes:
        file: where it was read; `name` and `lesson` come from it.
        title, slides: the idea in a few words, and "19-25", "7" or "extra".
        document: the Document's file beside it, or "" where the next four say what to open.
        panel, run, view, values: the page, its run ("" for the default one), its view and its controls.
        hidden, locked: ids of controls.
        ends: the act that ends it.
        solution: what ends it, step by step: "Show me", the tour and the tests play it.
        shows: accessible names of what is on show, as far as this scene is about it.
        live: quantities that are watched.
        question: to be answered first, or None.
        formula, spoken: LaTeX, and how it is read aloud; "" for none.
        tracks, minutes: the shorter ways through the lesson that it belongs to, and how long it takes there.
        note: for the speaker alone.
        text, reveal: Markdown; what is said at first, and what is added when it is done.
    """

    file: Path
    title: str
    slides: str
    ends: Act
    text: str
    reveal: str = ""
    document: str = ""
    panel: str = ""
    run: str = ""
    view: str = ""
    values: tuple[Setting, ...] = ()
    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    solution: tuple[Step, ...] = ()
    shows: tuple[str, ...] = ()
    live: tuple[Live, ...] = ()
    question: Question | None = None
    formula: str = ""
    spoken: str = ""
    tracks: tuple[str, ...] = ()
    minutes: float = 0.0
    note: str = ""

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
        targets = re.findall(r"\]\(#([^)\s]+)\)", self.text)
        return tuple(target for target in targets if not target.startswith((GLOSSARY, SLIDE)))

    def numbers(self) -> range:
        """The slides that it is about; empty where it is about none."""
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", self.slides)
        return range(int(found[1]), int(found[2] or found[1]) + 1) if found else range(0)

    @property
    def slide_words(self) -> str:
        """The slides as they are read: "Slide 7", "Slides 19-25"."""
        return f"{'Slide' if len(self.numbers()) == 1 else 'Slides'} {self.slides}"

    def place(self) -> tuple[float, str]:
        """Its place in the lecture: by first slide, then by name."""
        return (float(self.numbers().start) if self.numbers() else float("inf"), self.name)
