"""What a person has finished and predicted in the lessons, kept in one small file that is replaced whole."""

import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from playground.core.errors import PlaygroundError
from playground.core.whole_file import kept_aside, whole_file


@dataclass(frozen=True)
class Answer:
    """A prediction: what was asked, what was said, and whether it came so."""

    question: str
    choice: str
    right: bool


class Progress:
    """Finished scenes and predictions by the scenes' keys, such as "lecture/vae-slider".

    A file that makes no sense counts as none; a place that cannot be written only loses the memory. Without a file
    nothing outlives the window.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.trouble = ""  # what was wrong with the file, in a sentence
        self._done: set[str] = set()
        self._answers: dict[str, Answer] = {}
        if file is not None:
            try:
                self._done, self._answers = _read(file)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                logging.getLogger("playground").warning("progress not read: %s", error)
                self.trouble = kept_aside(file, "Which scenes of the lessons are done", "none counts as done")

    @property
    def done(self) -> tuple[str, ...]:
        """The keys of all finished scenes, in order of their names."""
        return tuple(sorted(self._done))

    @property
    def answers(self) -> Mapping[str, Answer]:
        """The predictions by scene."""
        return MappingProxyType(self._answers)

    def is_done(self, key: str) -> bool:
        """Whether this scene was finished once."""
        return key in self._done

    def finish(self, key: str) -> None:
        """Remembers a scene."""
        if key not in self._done:
            self._done.add(key)
            self._save()

    def answer(self, key: str, answer: Answer) -> None:
        """Remembers a prediction; the last one before the scene was done counts."""
        self._answers[key] = answer
        self._save()

    def forget(self) -> None:
        """Starts anew."""
        self._done.clear()
        self._answers.clear()
        self._save(afresh=True)

    def _save(self, afresh: bool = False) -> None:
        if self._file is None:
            return
        if not afresh:  # another window may have been busy, too
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                done, answers = _read(self._file)
                self._done |= done
                self._answers = answers | self._answers
        content = {"done": self.done, "answers": {key: asdict(answer) for key, answer in self._answers.items()}}
        try:
            with whole_file(self._file, "progress") as part:
                part.write_text(json.dumps(content, indent=2), encoding="utf-8")
        except PlaygroundError as error:
            logging.getLogger("playground").warning("%s", error)


def _read(file: Path) -> tuple[set[str], dict[str, Answer]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        done = {str(key) for key in content["done"]}
        answers = {str(key): _answer(entry) for key, entry in content.get("answers", {}).items()}
    except FileNotFoundError:
        return set(), {}
    except OSError as error:
        logging.getLogger("playground").warning("progress not read: %s", error)
        return set(), {}
    return done, answers


def _answer(entry: Mapping[str, object]) -> Answer:
    return Answer(str(entry["question"]), str(entry["choice"]), entry["right"] is True)
