"""The field's terms with their definitions, read from resources/glossary.md, and where they occur in a text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_HEADING = re.compile(r"^## (?P<names>.+?) \(slide (?P<slide>\d+)\)$", re.MULTILINE)


@dataclass(frozen=True)
class Term:
    """One term.

    Attributes:
        names: how it is written; the first is its title.
        slide: the slide that brings it, 0 for what is known from the start.
        text: what it means, in a sentence or three.
    """

    names: tuple[str, ...]
    slide: int
    text: str

    @property
    def title(self) -> str:
        """The name under which it is listed."""
        return self.names[0]


class Glossary:
    """All terms, in order of their titles."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(sorted(terms, key=lambda term: term.title.lower()))

    @classmethod
    def load(cls, file: Path) -> "Glossary":
        """From its file; without one there are no terms."""
        if not file.is_file():
            return cls(())
        text = file.read_text(encoding="utf-8")
        found = list(_HEADING.finditer(text))
        ends = [heading.start() for heading in found[1:]] + [len(text)]
        return cls([
            Term(tuple(heading["names"].split(", ")), int(heading["slide"]), text[heading.end() : end].strip())
            for heading, end in zip(found, ends, strict=True)
        ])  # fmt: skip

    def find(self, name: str) -> Term | None:
        """A term by any of its names, in any case."""
        return self._by_name.get(name.lower())

    def terms_in(self, text: str) -> tuple[Term, ...]:
        """The terms that a text uses, each once, in its order; of two names that overlap the longer counts."""
        found = (self._by_name[match[0].lower()] for match in self._pattern.finditer(text))
        return tuple(dict.fromkeys(found))

    @cached_property
    def _by_name(self) -> dict[str, Term]:
        return {name.lower(): term for term in self.terms for name in term.names}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted(self._by_name, key=len, reverse=True) or ["(?!)"]
        return re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, names))})(?![\w/-])", re.IGNORECASE)
