"""Two windows on one data folder: both can be used, neither takes anything from the other."""

import json
import threading
from pathlib import Path

import pytest

from playground import runs
from playground.core.experiment import Budget
from playground.core.run_folder import RunFolder
from playground.gui import app
from playground.gui.lessons.progress import Progress
from playground.gui.preferences import Preferences
from tests.gui.driving import PATIENCE
from tests.helpers import tiny


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("PLAYGROUND_HOME", str(home))
    return home


@pytest.fixture
def windows(qtbot, own_home):
    opened = []

    def begin(*words, **named):
        app.application()
        opened.append(app.open_window(Preferences.load(), *words, **named))
        return opened[-1]

    yield begin
    for window in opened:
        window.close()
        window.deleteLater()


def test_a_run_that_is_open_is_followed_elsewhere_but_not_written_to(open_window, tiny_run, qtbot):
    run = tiny_run("vae", "moons")
    first, second = open_window(run), open_window(run)
    assert first.session.can_train
    assert not second.session.can_train
    assert "open in another window" in second.panel.messages.text()
    assert "Followed: trained elsewhere" in second.panel.messages.text()
    newest = second.session.answered
    with qtbot.waitSignal(newest, timeout=PATIENCE, check_params_cb=lambda answer: answer.step == 21):
        first.press("vae.step")
        first.until("paused")
    second.wait(lambda: "now: step 21" in second.texts())
    first.window.close()
    assert RunFolder.open(Path(run)).step == 21
    second.window.open_run(run)
    second.settle()
    assert second.session.can_train


def test_a_run_that_trains_cannot_be_resumed_by_somebody_else(tmp_path, capsys):
    from playground.cli import run

    job = runs.fresh(tiny("vae", "moons"), tmp_path / "run")
    said = []

    def resume(record):
        if not said:
            said.append(run(["train", "vae", "--out", str(tmp_path / "run"), "--resume", "--steps", "9"]))

    runs.train(job, Budget("steps", 3), resume)
    assert said == [2]
    assert "is being trained by somebody else" in capsys.readouterr().err
    assert runs.train(runs.open_any(str(tmp_path / "run")), Budget("steps", 4)).step == 4


def test_the_second_window_says_so_and_leaves_the_document_of_the_first_alone(windows, own_home):
    first = windows(panel="vae")
    second = windows(panel="home")
    assert "Another window" not in first.page.messages.text()
    assert "Another window of the playground is open" in second.page.messages.text()
    second.close()
    assert not (own_home / "last-document.json").exists()
    first.close()
    assert json.loads((own_home / "last-document.json").read_text(encoding="utf-8"))["stage"] == "vae"


def test_what_two_windows_change_is_both_kept(own_home):
    Preferences(on_disk=True, recent=["old"]).save()
    first, second = Preferences.load(), Preferences.load()
    first.theme, second.type_scale = "dark", 1.5
    first.remember("a")
    second.remember("b")
    first.save()
    second.save()
    kept = Preferences.load()
    assert (kept.theme, kept.type_scale) == ("dark", 1.5)
    assert set(kept.recent) == {"a", "b", "old"}


def test_preferences_that_many_save_at_once_are_never_torn(own_home):
    Preferences(on_disk=True).save()

    def save(number):
        mine = Preferences.load()
        mine.remember(f"file {number}")
        mine.save()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Preferences.load().recent) == {f"file {number}" for number in range(8)}


def test_scenes_that_two_windows_finish_are_both_done(tmp_path):
    first, second = Progress(tmp_path / "lessons.json"), Progress(tmp_path / "lessons.json")
    first.finish("a")
    second.finish("b")
    assert Progress(tmp_path / "lessons.json").done == ("a", "b")
    second.forget()
    assert Progress(tmp_path / "lessons.json").done == ()


# -- files that make no sense ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"stage": 3}', b"null"])
def test_files_that_make_no_sense_are_kept_aside_and_said(windows, own_home, garbage):
    names = ("preferences", "lessons", "last-document")
    for name in names:
        (own_home / f"{name}.json").write_bytes(garbage)
    window = windows()
    said = window.page.messages.text()
    for name in names:
        if name == "preferences" and garbage == b'{"stage": 3}':
            continue  # words of another version are not read, and do no harm
        assert (own_home / f"{name}.unreadable-1.json").read_bytes() == garbage
        assert f"{name}.unreadable-1.json" in said


def test_a_home_that_cannot_be_written_opens_all_the_same(qtbot, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "file" / "home"))
    app.application()
    window = app.open_window(Preferences.load(), panel="home")
    window.toggle_theme()
    window.toggle_theme()
    window.documents.keep()
    assert window.close()
    window.deleteLater()


@pytest.mark.parametrize("name", ["x" * 300, "caf\udce9", "a\nb"])
def test_a_strange_path_is_a_sentence(windows, name):
    window = windows(open_path=name, panel="vae")
    assert window.page.messages.text()
