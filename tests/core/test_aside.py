"""Work in a thread of its own."""

import threading

from playground.core.aside import Aside


def test_it_goes_on_beside_and_its_result_is_fetched():
    go = threading.Event()
    aside = Aside(lambda: go.wait(30) and threading.current_thread().name)
    assert (aside.has_ended(), aside.result()) == (False, None)
    go.set()
    assert aside.has_ended(30)
    assert aside.result() == "playground-aside"
