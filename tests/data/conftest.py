"""A data folder that is empty, and a web server on this machine in the place of the net."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import registry
from tests.data.served import Site, serving


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A web server; requests to it go past any proxy."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as site:
        yield site


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's data folder, empty; what was loaded from it is forgotten afterwards."""
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    registry._loaded.cache_clear()
