"""The failure gallery: presets that go wrong on purpose, each with the alarm that it must raise and what mends it."""

import json
from dataclasses import dataclass
from typing import Any

from playground import paths, registry


@dataclass(frozen=True)
class Failure:
    """A preset that goes wrong, to be seen and mended: the ``failure`` of its file.

    Attributes:
        model, data, preset: its place.
        alarm: the name of the alarm that it must raise, see `core.alarms`.
        title, shows: two words, and a sentence for the gallery.
        within: steps until it is diagnosed.
        repair: settings that mend it, while it trains where all are live, else with a fresh model.
        afresh: whether what was learned so far is lost, so that a fresh model is needed all the same.
    """

    model: str
    data: str
    preset: str
    alarm: str
    title: str
    shows: str
    within: int
    repair: dict[str, Any]
    afresh: bool = False

    @property
    def name(self) -> str:
        """To be told from the others."""
        return f"{self.model}.{self.data}.{self.preset}"


def failures() -> list[Failure]:
    """The failure gallery, in the order of the families."""
    found = []
    for model in registry.models():
        for file in sorted((paths.resources() / "presets" / model).glob("*.*.json")):
            content = json.loads(file.read_text(encoding="utf-8"))
            if "failure" in content:
                data_name, _, name = file.name[: -len(".json")].partition(".")
                found.append(Failure(model, data_name, name, **content["failure"]))
    return found
