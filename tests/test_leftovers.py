"""The watch over leftovers sees what it is there for; each test cleans up, or it would fail by its own subject."""

import threading

from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget

from tests.leftovers import Before


def test_a_running_thread_is_named(monkeypatch):
    monkeypatch.setattr("tests.leftovers._GRACE", 0.0)
    stop = threading.Event()
    before = Before()
    thread = threading.Thread(target=stop.wait, name="stray")
    thread.start()
    try:
        assert before.leftovers() == ["the thread 'stray' is running"]
    finally:
        stop.set()
        thread.join()
    assert before.leftovers() == []


def test_a_running_qthread_is_named(qapp, monkeypatch):
    monkeypatch.setattr("tests.leftovers._GRACE", 0.0)
    before = Before()
    thread = QThread(objectName="stray")
    thread.start()
    try:
        (found,) = before.leftovers()
        assert "QThread 'stray'" in found
        assert __file__ in found
    finally:
        thread.quit()
        assert thread.wait(5000)
    assert before.leftovers() == []


def test_an_active_timer_is_named_and_stopped(qapp):
    before = Before()
    timer = QTimer(objectName="stray")
    timer.start(60_000)
    (found,) = before.leftovers()
    assert "QTimer 'stray'" in found
    assert not timer.isActive()


def test_a_timer_dies_with_its_deleted_owner(qapp):
    before = Before()
    owner = QWidget()
    timer = QTimer(owner)
    timer.start(60_000)
    owner.deleteLater()
    assert before.leftovers() == []


def test_a_new_window_is_named_and_closed(qapp):
    before = Before()
    window = QWidget(objectName="stray")
    window.show()
    assert before.leftovers() == ["the window QWidget 'stray' is open"]
    assert not window.isVisible()
