"""What the stage offers: data sets, the families that can learn them, and which of those it opens with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from playground.core.hyperparams import Value
from playground.gui.session import Card, TrainingSession

OPENS_WITH = "eight-gaussians"
MOST, FEWEST = 4, 2  # columns


def data_group(data: str) -> str:
    """ "line", "plane" or "images"."""
    return TrainingSession.data_sets()[data.partition(":")[0]].group


def data_kind(data: str) -> Literal["points", "images"]:
    """What one example is."""
    return "points" if data_group(data) in ("plane", "line") else "images"


def data_title(data: str) -> str:
    """What a person reads: of data from a file, the file's name too."""
    name, colon, path = data.partition(":")
    title = TrainingSession.data_sets()[name].title
    return f"{title}: {Path(path).stem}" if colon else title


def data_choices() -> list[tuple[str, str]]:
    """(name, title) of all data that need no path, and of points that were drawn here."""
    cards = [card for card in TrainingSession.data_sets().values() if not card.extra.get("takes")]
    drawn = [f"drawn:{file}" for file in TrainingSession.drawings()]
    return [*((card.name, card.title) for card in cards), *((name, data_title(name)) for name in drawn)]


def families_for(data: str) -> list[Card]:
    """The families that make such data, in the lecture's order."""
    group = data_group(data)
    return [
        card
        for card in TrainingSession.models().values()
        if not card.error and card.extra.get("generates", True) and group in card.extra.get("data_groups", [group])
    ]


def opening_families(data: str, wanted: tuple[str, ...] = (), count: int = MOST) -> list[str]:
    """Families to open with: those wanted, then one of each objective in the lecture, then others."""
    cards = families_for(data)
    by_objective: dict[str, str] = {}
    for card in cards:
        by_objective.setdefault(str(card.extra.get("objective", card.name)), card.name)
    known = [card.name for card in cards]
    ranked = dict.fromkeys([*(name for name in wanted if name in known), *by_objective.values(), *known])
    chosen = list(ranked)[:count]
    return sorted(chosen, key=lambda name: wanted.index(name) if name in wanted else len(wanted) + known.index(name))


def shared_options(families: list[str], data: str) -> dict[str, Value]:
    """Settings of the data that all columns take, by their keys on the command line: those of the first preset that
    has some, so that one family's preset cannot give it other data than the rest."""
    options: dict[str, Value] = {}
    for family in families:
        for key, value in TrainingSession.preset(family, data).get("data_options", {}).items():
            options.setdefault(f"data.{key}", value)
    return options


def bundled_run(family: str, data: str, options: Mapping[str, Value]) -> str:
    """The family's bundled run on this data, or "" where there is none; `options` as `shared_options` gives them."""
    run = f"{family}-{data}"
    plain = {key.removeprefix("data."): value for key, value in options.items()}
    return run if TrainingSession.has_learned(run, data, plain) else ""


def same_data(hashes: Mapping[str, str]) -> bool:
    """Whether all columns that are open learn the same training examples."""
    return len(set(hashes.values())) <= 1
