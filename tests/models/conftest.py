"""Shared by the tests of the families."""

import pytest

from playground.core import durable


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Files are not waited for: no test loses its power."""
    monkeypatch.setattr(durable, "_fsync", lambda handle: None)
