"""What holds for every test: no display, one thread, a data folder of its own, and nothing left behind."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator

# Set before anything imports Qt or torch, which read them once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["PLAYGROUND_HOME"] = tempfile.mkdtemp(prefix="playground-test-")

import pytest

from tests import leftovers

leftovers.watch()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a thread running, a timer active or a window open, and names it."""
    before = leftovers.Before()
    yield
    if not gc.isenabled():  # a window was open, and its timer, which collects garbage, may not fire again
        gc.collect(1)
    if found := before.leftovers():
        pytest.fail("The test left something behind: " + "; ".join(found) + ".", pytrace=False)


def pytest_unconfigure() -> None:
    """Removes the data folder."""
    shutil.rmtree(os.environ["PLAYGROUND_HOME"], ignore_errors=True)
