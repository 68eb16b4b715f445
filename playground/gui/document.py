"""What the window shows, as plain values: saved, opened, undone, shared, and what a scene of a lesson sets.

A `ViewState` says it of one page, a `Document` of the window. A document is versioned JSON; the same content travels as
one line of text, and inside a PNG picture, which then opens again.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from PySide6.QtGui import QImage

from playground.core import durable
from playground.core.errors import UsageError
from playground.core.experiment import Experiment
from playground.core.whole_file import whole_file
from playground.gui.widgets.controls import Value

FORMAT_VERSION = 1
STRING_PREFIX = "playground:"
_PNG_KEY = "playground"
_LONGEST = 4_000_000  # characters of a document, unpacked
_NUMBERS = 100_000  # in one value
_PAGES = 100


@dataclass(frozen=True)
class ViewState:
    """What one page shows.

    Attributes:
        page: its name: a family, "home", "compare", "lecture".
        run: a run folder or a bundled run, or "".
        experiment: of that run: what to make anew where the folder is not there.
        values: of the controls, by id.
    """

    page: str
    run: str = ""
    experiment: Experiment | None = None
    values: Mapping[str, Value] = field(default_factory=dict)

    def same_as(self, other: "ViewState") -> bool:
        """Whether a person sees the same: how far the run has come meanwhile does not count."""
        return (self.page, self.run, dict(self.values)) == (other.page, other.run, dict(other.values))

    def to_json(self) -> dict[str, Any]:
        """One entry of a document's ``pages``."""
        content: dict[str, Any] = {"run": self.run, "values": dict(self.values)}
        return content | ({"experiment": self.experiment.to_json()} if self.experiment else {})

    @classmethod
    def from_json(cls, page: str, content: object) -> Self:
        """Raises UsageError naming what is wrong."""
        if not isinstance(content, dict) or not set(content) <= {"run", "experiment", "values"}:
            raise UsageError(f"'{page}' of a document is an object of 'run', 'experiment' and 'values'.")
        values = content.get("values", {})
        if not isinstance(values, dict) or not all(_is_value(value) for value in values.values()):
            raise UsageError(f"'values' of the page '{page}' are numbers, words, switches or lists of numbers.")
        experiment = content.get("experiment")
        run = content.get("run", "")
        if not isinstance(run, str):
            raise UsageError(f"'run' of the page '{page}' is a folder or a name.")
        return cls(page, run, Experiment.from_json(experiment) if experiment is not None else None, values)


@dataclass(frozen=True)
class Document:
    """What the window shows.

    Attributes:
        stage: the page that is seen.
        pages: the state of each page that was opened.
        hidden, locked: ids of controls that are not shown, or shown and fixed.
    """

    stage: str
    pages: Mapping[str, ViewState] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()

    def only_stage(self) -> "Document":
        """The same without the pages that are not seen: small enough to hand on."""
        return replace(self, pages={name: page for name, page in self.pages.items() if name == self.stage})

    # -- as JSON ------------------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "format_version": FORMAT_VERSION,
            "stage": self.stage,
            "pages": {name: page.to_json() for name, page in self.pages.items()},
            "hidden": list(self.hidden),
            "locked": list(self.locked),
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Raises UsageError naming the key that is wrong."""
        if not is_document(content):
            raise UsageError("A document is a JSON object with 'stage' and 'pages'; this is something else.")
        assert isinstance(content, dict)
        version = content.get("format_version", FORMAT_VERSION)
        if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
            raise UsageError(f"This document has format {version}; this version of the playground reads up to "
                             f"{FORMAT_VERSION}. Install a newer one.")  # fmt: skip
        known = {"format_version", "stage", "pages", "hidden", "locked"}
        for key in content:
            if key not in known:
                raise UsageError(f"The document has an unknown key '{key}'. Known: {', '.join(sorted(known))}.")
        stage, pages = content["stage"], content["pages"]
        if not isinstance(stage, str) or not isinstance(pages, dict):
            raise UsageError("'stage' of a document is a page's name, 'pages' an object.")
        if len(pages) > _PAGES:
            raise UsageError(f"This document has {len(pages):,} pages; no window has more than {_PAGES}.")
        return cls(
            stage=stage,
            pages={name: ViewState.from_json(name, page) for name, page in pages.items()},
            hidden=_ids(content, "hidden"),
            locked=_ids(content, "locked"),
        )

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all. Raises PlaygroundError."""
        with whole_file(path, "document") as part:
            durable.write(part, (json.dumps(self.to_json(), indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a document from JSON or from a picture. Raises UsageError or PlaygroundError with a sentence."""
        from playground.core.untrusted import read_json

        if path.suffix.lower() == ".png":
            return cls.from_picture(path)
        return cls.from_json(read_json(path))

    # -- as a line of text, and in a picture --------------------------------------------------------------------------

    def to_string(self) -> str:
        """One line that holds it all."""
        packed = zlib.compress(json.dumps(self.to_json(), separators=(",", ":")).encode(), 9)
        return STRING_PREFIX + base64.urlsafe_b64encode(packed).decode()

    @classmethod
    def from_string(cls, text: str) -> Self:
        """Raises UsageError for a text that is none."""
        from playground.core.untrusted import read_json

        sentence = "This text is not a state of the playground. Copy the whole line, from 'playground:' on."
        text = text.strip()
        if not text.startswith(STRING_PREFIX) or len(text) > _LONGEST:
            raise UsageError(sentence)
        try:
            packed = base64.b64decode(text[len(STRING_PREFIX) :], altchars=b"-_", validate=True)
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(packed, _LONGEST)
        except (binascii.Error, ValueError, zlib.error) as error:
            raise UsageError(sentence) from error
        if not unpacker.eof:
            raise UsageError(sentence)
        return cls.from_json(read_json(content, "the copied state"))

    def save_picture(self, image: QImage, path: Path) -> None:
        """Writes a PNG with this document inside. Raises PlaygroundError where it cannot be written."""
        image = image.copy()
        image.setText(_PNG_KEY, self.to_string())
        with whole_file(path, "picture") as part:
            if not image.save(str(part), "PNG"):  # type: ignore[call-overload]
                raise OSError("Qt could not write it")

    @classmethod
    def from_picture(cls, path: Path) -> Self:
        """The document inside a PNG. Raises UsageError for a picture without one."""
        if not path.is_file():
            raise UsageError(f"There is no file {path}.")
        from playground.core.plain_picture import FILE_BYTES, UnfitError, png_text
        from playground.core.untrusted import read_bytes  # both bring numpy

        try:
            text = png_text(read_bytes(path, FILE_BYTES), _PNG_KEY, _LONGEST)
        except UnfitError as error:
            raise UsageError(f"{path.name} was not opened: it is {error}.") from error
        if not text:
            raise UsageError(f"{path.name} is a picture without a document inside; only pictures that the playground "
                             "saved can be opened.")  # fmt: skip
        return cls.from_string(text)


def is_document(content: object) -> bool:
    """Whether some JSON looks like a document (and not like an Experiment)."""
    return isinstance(content, dict) and {"stage", "pages"} <= set(content)


def _ids(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    ids = content.get(key, [])
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise UsageError(f"'{key}' of a document is a list of ids.")
    return tuple(ids)


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)
        return len(value) <= _NUMBERS and numbers
    return isinstance(value, int | float | bool | str)
