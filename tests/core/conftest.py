"""Shared by the tests of the core."""

import pytest

from playground.core import durable


@pytest.fixture
def no_waiting(monkeypatch):
    """Files are not waited for: no test loses its power."""
    monkeypatch.setattr(durable, "_fsync", lambda handle: None)
