"""Shared by the tests of the window."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from playground import runs
from playground.core.experiment import Budget
from playground.gui.widgets.formula import bring_typesetter
from tests.gui.driving import Person, opened_window
from tests.helpers import tiny

bring_typesetter()  # as in a window that has been open for a second


@pytest.fixture
def open_window(qtbot) -> Iterator[Callable[..., Person]]:
    """Opens windows as `opened_window` does, and closes them."""
    with ExitStack() as stack:
        yield lambda run="", **preferences: stack.enter_context(opened_window(qtbot, run, **preferences))


@pytest.fixture
def tiny_run(tmp_path) -> Callable[..., str]:
    """Trains a small run for a few steps and gives its folder."""

    def make(model: str, data: str, steps: int = 20, **settings: object) -> str:
        path: Path = tmp_path / f"{model}-{data}"
        runs.train(runs.start(tiny(model, data, **settings), path), Budget("steps", steps))
        return str(path)

    return make
